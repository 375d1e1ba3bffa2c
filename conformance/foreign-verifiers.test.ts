// Verifiers of other languages, as docs/verify.md configures them, check the tokens of all four realms. "npm run interop" installs them;
// without that, their tests are skipped by name.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { programsOf, stampOf, verifiers } from './interop/verifiers.ts'
import { alterSignature, clientOf, metadataOf, newTokenOf, systemNames, systemOf, tokenOf, type SystemName } from './target.fixture.ts'

/** What a verifier has to know of each realm. */
const realms: Record<SystemName, { readonly audience: string; readonly typ: string; readonly algorithm: string }> = {
  novatrade24: { audience: 'nt24-integration-api', typ: 'JWT', algorithm: 'ES256' },
  'partner-api': { audience: 'partner-api', typ: 'at+jwt', algorithm: 'ES256' },
  ptv: { audience: 'ptv-api', typ: 'JWT', algorithm: 'ES256' },
  nxtsoft: { audience: '', typ: '', algorithm: 'RS256' },
}

type Case = readonly [what: string, input: string, expected: RegExp]

async function lineOf(name: SystemName, token: string, changes: { audience?: string; typ?: string } = {}): Promise<string> {
  const { audience, typ, algorithm } = { ...realms[name], ...changes }
  return [systemOf(name).issuer, audience, (await metadataOf(name)).jwks_uri, typ, algorithm, token].join('\t')
}

async function casesOf(discovers: boolean): Promise<Case[]> {
  const cases: Case[] = []
  for (const name of systemNames) {
    const token = await tokenOf(name)
    const other = systemNames[(systemNames.indexOf(name) + 1) % systemNames.length]!
    cases.push([`accepts a token of ${name}`, await lineOf(name, token), new RegExp(`^ok ${clientOf(name).clientId}$`)])
    cases.push([`refuses an altered token of ${name}`, await lineOf(name, alterSignature(token)), /^refused/])
    cases.push([`refuses a token of ${other} in place of one of ${name}`, await lineOf(name, await tokenOf(other)), /^refused/])
    if (realms[name].audience !== '')
      cases.push([`refuses a token of ${name} for another audience`, await lineOf(name, token, { audience: 'another' }), /^refused/])
    if (name === 'partner-api')
      cases.push([`refuses a token of ${name} as one of type JWT`, await lineOf(name, token, { typ: 'JWT' }), /^refused/])
    if (discovers)
      cases.push([`reads the metadata of ${name}`, await lineOf(name, 'discover'), new RegExp(`^ok ${systemOf(name).issuer}$`)])
  }
  return cases
}

for (const verifier of verifiers) {
  const [command, ...program] = verifier.command
  const skip =
    verifier.language === 'JavaScript' || existsSync(stampOf(verifier.language))
      ? false
      : `${verifier.name} is not installed; "npm run interop" does it`
  test(
    `fault 7.11: ${verifier.name}, configured as in docs/verify.md, verifies the tokens of every realm and no others`,
    { skip },
    async () => {
      const cases = await casesOf(verifier.discovers)
      const { stdout, stderr } = spawnSync(command, program, { input: cases.map(([, input]) => `${input}\n`).join(''), encoding: 'utf8' })
      const answers = stdout.trimEnd().split('\n')
      assert.equal(answers.length, cases.length, stderr)
      for (const [index, [what, , expected]] of cases.entries()) assert.match(answers[index]!, expected, what)
    },
  )
}

test('fault 7.11: the programs in docs/verify.md are those that were run', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'verify.md'), 'utf8')
  for (const [file, programs] of programsOf(['nginx.conf', ...verifiers.map(({ source }) => source)]))
    for (const program of programs) assert.ok(page.includes(program), `docs/verify.md does not have the program of ${file} as it is`)
})

const hasNginx = spawnSync('nginx', ['-v']).error === undefined

suite('nginx in front of an API', { skip: hasNginx ? false : 'nginx is not installed' }, () => {
  test('fault 7.11: auth_request to /v1/me lets in the tokens of its realm, and none that was altered, revoked or of another realm', async (t) => {
    const api = createServer((_request, response) => response.end('from the API')).listen(0, '127.0.0.1')
    t.after(() => api.close())
    const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'))
    t.after(() => rmSync(folder, { recursive: true }))
    await once(api, 'listening')
    const gate = createServer().listen(0, '127.0.0.1')
    await once(gate, 'listening')
    const { port } = gate.address() as AddressInfo
    await new Promise((resolve) => gate.close(resolve))
    const configuration = readFileSync(join(import.meta.dirname, 'interop', 'nginx.conf'), 'utf8')
      .replaceAll('COUNTERSIGN_ISSUER', systemOf('partner-api').issuer.replace('//localhost', '//127.0.0.1'))
      .replaceAll('API;', `http://127.0.0.1:${(api.address() as AddressInfo).port};`)
      .replaceAll('PORT', String(port))
      .replaceAll('FOLDER', folder)
    writeFileSync(join(folder, 'nginx.conf'), configuration)
    const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
    t.after(async () => {
      nginx.kill()
      if (nginx.exitCode === null) await once(nginx, 'exit')
    })

    const call = (token?: string) =>
      fetch(`http://127.0.0.1:${port}/api/orders`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    const revoked = await newTokenOf('partner-api')
    const accepted = await untilItListens(() => call(revoked))
    assert.deepEqual([accepted.status, await accepted.text()], [200, 'from the API'])
    const { clientId, clientSecret } = clientOf('partner-api')
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token: revoked })
    await fetch((await metadataOf('partner-api')).revocation_endpoint, { method: 'POST', body })
    for (const token of [undefined, 'x', alterSignature(await tokenOf('partner-api')), revoked, await tokenOf('ptv')]) {
      const denied = await call(token)
      assert.equal(denied.status, 401)
      assert.match(String(denied.headers.get('www-authenticate')), /^Bearer (?!.*, Bearer)/)
    }
    assert.equal((await call(await tokenOf('partner-api'))).status, 200)
  })
})

/** A refused connection is answered at once, so this asks until the process has opened its socket, or fails for good. */
async function untilItListens(call: () => Promise<Response>): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= 2000) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
