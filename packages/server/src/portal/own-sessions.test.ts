// The sessions of a client at the portal, which all who have one of its secrets share, and the end of all others.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aPersonWithSession, aSessionOf } from '../../test/person.fixture.ts'
import { aReader, realm, signInToPortal, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'

const url = '/portal/api/sessions'

interface Listed {
  readonly id: string
  readonly current: boolean
  readonly mayEnd: boolean
  readonly address: string
}

async function listed(browser: Browser): Promise<Listed[]> {
  const response = await browser.request({ url })
  assert.equal(response.statusCode, 200, response.body)
  return response.json<{ items: Listed[] }>().items
}

const end = (browser: Browser, id?: string) => browser.request({ method: 'DELETE', url: id === undefined ? url : `${url}/${id}` })

suite('the own sessions at the portal', () => {
  const shared = shareTestServer(withPortal)

  /** A client during a rotation: with a session by each of its secrets. */
  async function twoSecrets() {
    const server = shared()
    const { client, params, browser: old } = await aReader(server)
    const { clientSecret } = await server.admin('rotation.start', { params, body: {} })
    const next = await signInToPortal(server, { ...client, clientSecret: clientSecret! })
    return { server, client, params, old, next }
  }

  test('abuse 312: who has the old secret of a client ends no session of the new one, nor the other way round', async () => {
    const { server, client, params, old, next } = await twoSecrets()
    const both = await listed(old)
    const ofNext = both.find(({ current }) => !current)!
    assert.deepEqual(both.map(({ current, mayEnd }) => [current, mayEnd]).toSorted(), [
      [false, false],
      [true, true],
    ])
    assert.deepEqual(refusalOf(await end(old, ofNext.id)), [403, 'insufficient-scope'])
    assert.deepEqual((await end(old)).json(), { ended: 0 })
    assert.equal((await next.session()).statusCode, 200)
    const ofOld = (await listed(next)).find(({ current }) => !current)!
    assert.deepEqual(refusalOf(await end(next, ofOld.id)), [403, 'insufficient-scope'])

    const again = await signInToPortal(server, client)
    assert.deepEqual((await end(old)).json(), { ended: 1 })
    assert.deepEqual([(await again.session()).statusCode, (await next.session()).statusCode], [401, 200])
    await server.admin('secrets.revoke', {
      params: { ...params, secret: (await old.session()).json().secretId },
      body: { reason: 'it was stolen', cutTokens: false },
    })
    assert.deepEqual([(await old.session()).statusCode, (await next.session()).statusCode], [401, 200])
  })

  test('abuse 312: signing in often by the old secret ends no session of the new one', async () => {
    const { server, client, next } = await twoSecrets()
    for (let times = 0; times < 21; times++) await signInToPortal(server, client)
    assert.equal((await next.session()).statusCode, 200)
    const all = await listed(next)
    assert.deepEqual([all.length, all.filter(({ mayEnd }) => mayEnd).length], [21, 1])
  })

  test('the next sign-in removes the sessions of a secret that is gone', async () => {
    const { server, client, params, old, next } = await twoSecrets()
    const secret = (await old.session()).json().secretId
    await server.admin('secrets.revoke', { params: { ...params, secret }, body: { reason: 'it was stolen', cutTokens: false } })
    const { id } = (await server.database.query<{ id: string }>('select id from clients where client_id = ?', client.clientId))[0]!
    const count = async () => (await server.database.query('select 1 from sessions where client = ?', id)).length
    assert.equal(await count(), 2)
    const { clientSecret } = await server.admin('rotation.start', { params, body: {} })
    await signInToPortal(server, { ...client, clientSecret: clientSecret! })
    assert.deepEqual([await count(), (await next.session()).statusCode], [2, 200])
  })

  test('of a client the network is told, of a person the address', async () => {
    const { old } = await twoSecrets()
    for (const { address } of await listed(old)) assert.match(address, /\/\d+$/)
    const server = shared()
    const { organizationId } = await server.aClient(realm)
    const person = await aPersonWithSession(server, { realm, organizationId })
    assert.deepEqual(
      (await listed(person.browser)).map(({ address }) => address),
      ['127.0.0.1'],
    )
  })

  test('abuse 147: a person ends all others at once, which is in the audit log, and none of a colleague', async () => {
    const server = shared()
    const { organizationId } = await server.aClient(realm)
    const person = await aPersonWithSession(server, { realm, organizationId })
    const others = [await aSessionOf(server, person.id), await aSessionOf(server, person.id)]
    const colleague = await aPersonWithSession(server, { realm, organizationId })
    assert.deepEqual((await end(person.browser)).json(), { ended: 2 })
    for (const { browser } of others) assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    for (const { browser } of [person, colleague]) assert.equal((await browser.session()).statusCode, 200)
    const events = await server.database.query<{ detail: string }>(
      `select detail from audit_events where kind = 'session.end' and actor_id = ?`,
      person.id,
    )
    assert.deepEqual(events.map(({ detail }) => JSON.parse(detail).sessionId).toSorted(), others.map(({ session }) => session).toSorted())
    assert.deepEqual((await end(person.browser)).json(), { ended: 0 })
  })
})

test('abuse 154: a page of another site ends no session', async () => {
  const server = await startTestServer({ ...withPortal, nodes: 1 })
  const { browser } = await aReader(server)
  const headers = { 'sec-fetch-site': 'cross-site' }
  assert.deepEqual(refusalOf(await browser.request({ method: 'DELETE', url, headers })), [403, 'cross-site-request'])
  assert.equal((await browser.session()).statusCode, 200)
})
