// The night of docs/incidents.md: a demo in which the things have happened that its questions ask for.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { eventually } from '@countersign/server/store/processes.fixture'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const realm = 'nt24-idp'

export async function aNight() {
  const demo = await startTestDemo()
  const { serverUrl, systems, operator } = demo
  const system = systems['novatrade24']!
  const client = system.clients['acme']!
  const env = {
    COUNTERSIGN_SERVER: serverUrl,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_SECRET: operator.clientSecret,
  }
  const run = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await callCommand([...words, '--realm', realm], env)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }
  const requestToken = async (secret: string) =>
    fetch(system.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client.clientId, client_secret: secret }),
    })
  const partner = client.partnerIds[0]!
  await run('partner', 'withdraw', partner, '--organization', 'acme', '--reason', 'contract ended, ticket 4711')
  const token = ((await (await requestToken(client.clientSecret)).json()) as { access_token: string }).access_token
  const refused = await fetch(`${system.apiUrl}/v1/partners/${partner}/orders`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(refused.status, 403, await refused.text())
  const requestId = refused.headers.get('x-request-id')!
  await requestToken('a wrong one')
  await run('secret', 'rotate', client.clientId, '--window', '2d')
  await run('organization', 'suspend', 'cobalt', '--reason', 'asked by their security team')
  // Guards report within a second or so, and the server counts every ten.
  const told = (words: string, expected: RegExp) => eventually(words, async () => expected.test((await callCommand(words, env)).stdout))
  await told(`explain ${requestId}`, /^Refused/)
  await told(`secret uses ${client.clientId} --realm ${realm}`, /127\.0\.0\.1/)
  return {
    env: { ...env, COUNTERSIGN_HOME: process.env['COUNTERSIGN_HOME']! },
    folder: join(process.env['COUNTERSIGN_HOME']!, 'demo'),
    requestId,
  }
}
