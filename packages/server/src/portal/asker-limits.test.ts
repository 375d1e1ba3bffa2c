import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPerson, mia } from '../../test/people.fixture.ts'
import { realm, withPortal } from '../../test/portal.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { createAskerLimits } from './asker-limits.ts'

suite('how much one may ask of the portal', () => {
  test('abuse 311: roles change at most 30 times at once and then every two seconds, and a colleague is not held up', async () => {
    const server = await startTestServer({ ...withPortal, nodes: 1 })
    const client = await server.aClient(realm)
    const admin = await aPerson(server, 'admin', client)
    const other = await aPerson(server, 'admin', client, { ...mia, name: 'Noor Haddad' })
    const viewer = await aPerson(server, 'viewer', client, { ...mia, name: 'Rosa Diaz' })
    const params = { realm, organization: client.slug, person: viewer.id }
    const change = (by: typeof admin, at: number) =>
      by.browser.call('people.setRole', { params, body: { role: at % 2 === 0 ? 'developer' : 'viewer' } })

    const codes: number[] = []
    for (let at = 0; at < 40; at++) codes.push((await change(admin, at)).statusCode)
    assert.deepEqual(codes, [...Array.from({ length: 30 }, () => 200), ...Array.from({ length: 10 }, () => 429)])
    const refused = await change(admin, 0)
    assert.deepEqual([...refusalOf(refused), refused.headers['retry-after']], [429, 'rate-limited', '2'])
    assert.match(refused.json().detail, /Nothing was changed/)

    assert.equal((await admin.browser.call('people.list', { params: { realm, organization: client.slug } })).statusCode, 200)
    assert.equal((await change(other, 0)).statusCode, 200)
    server.clock.advance(2000)
    assert.deepEqual([(await change(admin, 1)).statusCode, (await change(admin, 0)).statusCode], [200, 429])
  })

  test('what is refused for another reason is not counted', async () => {
    const server = await startTestServer({ ...withPortal, nodes: 1 })
    const client = await server.aClient(realm)
    const viewer = await aPerson(server, 'viewer', client)
    const params = { realm, organization: client.slug, person: viewer.id }
    for (let at = 0; at < 35; at++)
      assert.equal((await viewer.browser.call('people.setRole', { params, body: { role: 'admin' } })).statusCode, 403)
  })

  test('abuse 311: passkeys and sessions are counted, too', async () => {
    const server = await startTestServer({ ...withPortal, nodes: 1 })
    const { browser } = await aPerson(server, 'viewer')
    const asked = async (method: 'POST' | 'DELETE', url: string) =>
      (await browser.request({ method, url: `/portal/api/${url}`, ...(method === 'POST' && { payload: {} }) })).statusCode
    const codes: number[] = []
    for (let at = 0; at < 12; at++)
      codes.push(await asked('POST', 'passkeys/options'), await asked('DELETE', 'sessions'), await asked('DELETE', 'passkeys/none'))
    assert.deepEqual([codes.filter((code) => code === 429).length, codes.indexOf(429)], [6, 30])
  })
})

test('abuse 311: all people of one organization read a thousand times at once and then 100 times a second, and others are not held up', () => {
  const askers = createAskerLimits()
  const now = Date.UTC(2026, 0, 15)
  const read = (organization: string, times: number, at = now) => {
    for (let time = 0; time < times; time++) askers.countRequest(`person ${time % 10}`, organization, at)
  }
  read('acme', 1000)
  assert.throws(() => askers.countRequest('person 11', 'acme', now), { code: 'rate-limited' })
  askers.countRequest('person 12', 'other', now)
  read('acme', 100, now + 1000)
  assert.throws(() => askers.countRequest('person 11', 'acme', now + 1000), { code: 'rate-limited' })
})

test('abuse 311: all people of one organization change something 300 times at once and then five times a second, and others are not held up', () => {
  const askers = createAskerLimits()
  const now = Date.UTC(2026, 0, 15)
  let people = 0
  const change = (organization: string, at = now) => askers.countChange(`person ${++people}`, organization, at)
  for (let counted = 0; counted < 300; counted++) change('acme')
  assert.throws(() => change('acme'), { code: 'rate-limited' })
  change('other')
  for (let counted = 0; counted < 5; counted++) change('acme', now + 1000)
  assert.throws(() => change('acme', now + 1000), { code: 'rate-limited' })
})
