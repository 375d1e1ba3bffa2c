// A program that guards a route: what its callers see with a good token, and with what a caller may have in place of one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { alterSignature, clientOf, metadataOf, requestToken, basic, systemOf } from '../conformance/target.fixture.ts'
import { freshTokenOf } from './fresh-token.ts'
import type { Command } from './installations.ts'

/** For the second API of the same realm: signed by the same key. */
async function tokenOfAnotherApi(): Promise<string> {
  const answer = await requestToken('novatrade24', { scope: 'stock:read' }, { authorization: basic(clientOf('novatrade24', 'harbor')) })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return token
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

/** @throws AssertionError with the output of the program */
export async function checkRoute([program, ...rest]: Command): Promise<void> {
  const port = await freePort()
  const { jwks_uri: jwksUri } = await metadataOf('novatrade24')
  const env = { ...process.env, ISSUER: systemOf('novatrade24').issuer, JWKS_URI: jwksUri, PORT: port }
  const child = spawn(program, rest, { env })
  let output = ''
  child.on('error', (error) => (output += error.message))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)))
  const call = (credentials?: string) =>
    fetch(`http://127.0.0.1:${port}/v1/orders`, credentials === undefined ? {} : { headers: { authorization: credentials } })
  try {
    for (let attempt = 0; ; attempt++)
      try {
        await call()
        break
      } catch (error) {
        if (attempt === 300 || child.exitCode !== null) throw new Error(`It does not listen: ${output}`, { cause: error })
        await wait(100)
      }
    const token = await freshTokenOf('novatrade24')
    const accepted = await call(`Bearer ${token}`)
    assert.equal(accepted.status, 200, output)
    assert.match(await accepted.text(), /api-client-acme/, output)
    for (const wrong of [alterSignature(token), await tokenOfAnotherApi(), await freshTokenOf('partner-api'), 'x', '']) {
      const refused = await call(`Bearer ${wrong}`)
      assert.equal(refused.status, 401, `"Bearer ${wrong.slice(-8)}"\n${output}`)
      if (wrong !== '') assert.match(String(refused.headers.get('www-authenticate')), /^Bearer .*error="invalid_token"/, output)
    }
    for (const none of [undefined, 'Basic eDp5']) {
      const refused = await call(none)
      assert.equal(refused.status, 401, output)
      assert.match(String(refused.headers.get('www-authenticate')), /^Bearer(?!.*error=)/, output)
    }
    assert.ok(!output.includes(token), 'no token is in the output')
  } finally {
    child.kill()
  }
}
