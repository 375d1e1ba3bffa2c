import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const demo = await startTestDemo()

async function signInToPortal(): Promise<string> {
  const { clientId, clientSecret } = demo.systems['novatrade24']!.clients['acme']!
  const response = await fetch(`${demo.serverUrl}/portal/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ realm: 'nt24-idp', clientId, clientSecret }),
  })
  assert.equal(response.status, 201, await response.text())
  return response.headers.getSetCookie()[0]!.split(';')[0]!
}

test('a session is listed, and ended by its id with a reason', async () => {
  const none = await callCommand('session list --mount portal')
  assert.match(none.stdout, /^None\. Only clients and persons with an open session/)
  const cookie = await signInToPortal()
  const { stdout } = await callCommand('session list --mount portal --realm nt24-idp --wide')
  assert.match(stdout, /^SIGNED IN +WHO +KIND +PAGES +REALM +ORGANIZATION +LAST SEEN +ADDRESS +PROGRAM +ID\n/)
  assert.match(stdout, /\n\S+ +\S+ +client +portal +nt24-idp +acme /)
  const list = JSON.parse((await callCommand('session list --json')).stdout) as { items: { id: string }[] }
  const [{ id }] = list.items as [{ id: string }]
  const ended = await callCommand(['session', 'end', id, '--reason', 'laptop lost'])
  assert.equal(ended.stdout.trim(), `Session ${id} ended.`, ended.stderr)
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  assert.equal((await fetch(`${demo.serverUrl}/portal/api/session`, { headers })).status, 401)
  const again = await callCommand(['session', 'end', id])
  assert.match(again.stderr, /There is no session/)
  const log = await callCommand('audit search --kind sessions.end')
  assert.match(log.stdout, /sessions\.end +success .*laptop lost/)
})
