// What each row has to do, checked against the demo: the parts of a row, each with an assertion that fails with the program's output.
import assert from 'node:assert/strict'
import type { Row } from './rows.ts'
import type { Command } from './installations.ts'
import { clientOf, metadataOf, requestToken, basic, systemOf, target } from '../conformance/target.fixture.ts'
import { createIntegrator } from './integrator.ts'
import { guardApache } from './guard-apache.ts'
import { checkRoute } from './check-route.ts'
import { runProgram, type ProgramResult } from './run-program.ts'
import { openTrialApi } from './trial-api.ts'
import { verifyCases } from './verify-cases.ts'

export const parts = ['verifies', 'calls', 'renews', 'protects', 'administers', 'guards'] as const
export type Part = (typeof parts)[number]

/** @throws AssertionError with the output of the program */
export async function checkPart(row: Row, part: Part): Promise<void> {
  if (part === 'verifies') return checkVerifier(row, row.verifies!)
  if (part === 'calls') return checkCaller(row.calls!)
  if (part === 'renews') return checkRenewal(row.renews!)
  if (part === 'protects') return checkRoute(row.protects!)
  if (part === 'administers') return checkAdministration(row.administers!)
  return guardApache()
}

async function checkVerifier({ discovers, only }: Row, command: Command): Promise<void> {
  const cases = await verifyCases({ ...(discovers && { discovers }), ...(only && { names: only.realms }) })
  const result = await runProgram(command, { input: cases.map(([, input]) => `${input}\n`).join('') })
  const answers = result.lines
  assert.equal(answers.length, cases.length, outputOf(result))
  for (const [index, [what, , expected]] of cases.entries()) assert.match(answers[index]!, expected, `${what}: "${answers[index]}"`)
}

async function checkCaller(command: Command): Promise<void> {
  const api = await openTrialApi(`${systemOf('novatrade24').apiUrl}/v1/me`, { withFaults: false })
  try {
    const result = await runProgram(command, { env: await environmentOf(api.url) })
    assert.deepEqual(result.lines, ['200'], outputOf(result))
    assert.equal(result.status, 0, outputOf(result))
    assert.equal(api.calls.at(-1)?.status, 200)
  } finally {
    api.close()
  }
}

async function checkRenewal(command: Command): Promise<void> {
  const api = await openTrialApi(`${systemOf('novatrade24').apiUrl}/v1/me`, { withFaults: true })
  try {
    const result = await runProgram(command, { env: await environmentOf(api.url) })
    assert.deepEqual(result.lines, ['200', '200', '200', '200'], outputOf(result))
    assert.deepEqual(
      api.calls.map(({ status }) => status),
      [200, 200, 401, 200, 429, 200],
      outputOf(result),
    )
    const tokens = api.calls.map(({ token }) => token)
    assert.equal(new Set(tokens.slice(0, 3)).size, 1, 'a token is used for several calls')
    assert.notEqual(tokens[3], tokens[2], 'after 401 another token is used')
    assert.equal(new Set(tokens.slice(3)).size, 1, 'and kept, also after 429')
    assert.ok(api.calls[5]!.at - api.calls[4]!.at >= 999, 'after 429 the program waits as long as Retry-After says')
  } finally {
    api.close()
  }
}

/** A client with a secret that the program has not seen; the one that it generates gets a token. */
async function checkAdministration(command: Command): Promise<void> {
  const client = await createIntegrator()
  const { operator, serverUrl } = target
  const result = await runProgram(command, {
    env: {
      SERVER_URL: serverUrl,
      OPERATOR_ID: operator.clientId,
      OPERATOR_SECRET: operator.clientSecret,
      REALM: 'nt24-idp',
      CLIENT_ID: client.clientId,
    },
  })
  const secret = result.lines.find((line) => line.startsWith('secret '))?.slice('secret '.length)
  const withoutSecret = outputOf(result).replaceAll(/csk_\w+/g, '[secret]')
  assert.ok(result.lines.includes(`found ${client.clientId} true`), withoutSecret)
  assert.ok(secret, withoutSecret)
  const answer = await requestToken('novatrade24', {}, { authorization: basic({ clientId: client.clientId, clientSecret: secret }) })
  assert.equal(answer.status, 200, 'the new secret gets a token')
}

export async function environmentOf(apiUrl: string): Promise<Record<string, string>> {
  const { clientId, clientSecret } = clientOf('novatrade24')
  const { issuer, tokenUrl } = systemOf('novatrade24')
  const { jwks_uri: jwksUri } = await metadataOf('novatrade24')
  return { ISSUER: issuer, TOKEN_URL: tokenUrl, JWKS_URI: jwksUri, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, API_URL: apiUrl }
}

function outputOf({ status, lines, stderr }: ProgramResult): string {
  return `status ${status}\n${lines.join('\n')}\n${stderr.slice(-4000)}`
}
