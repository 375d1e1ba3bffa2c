// What ends a session or changes what it may do: each is in force at the next request, on every node.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Browser } from '../../test/console.fixture.ts'
import { refusalOf, sessionPath, signIn, withConsole } from '../../test/console.fixture.ts'
import { newKeyRingLine } from '../keys/key-ring.ts'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

suite('the standing of who has signed in', () => {
  const shared = shareTestServer(withConsole)
  const inOperators = { realm: 'operators' }
  const reason = 'a test'

  /** Twice: with two nodes, each answers once. */
  async function assertSignedOut(browser: Browser): Promise<void> {
    for (const _node of [1, 2]) assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    assert.equal((await browser.call('realms.list', { params: {} })).statusCode, 401)
  }

  async function anOperator(server: TestServer) {
    const operator = await server.createOperator()
    const browser = await signIn(server, operator)
    assert.equal((await browser.session()).statusCode, 200)
    return { operator, browser, params: { ...inOperators, client: operator.clientId } }
  }

  /** An operator of its own organization. */
  async function inOwnOrganization(server: TestServer) {
    const client = await server.aClient('operators', { scopes: ['organizations:read'] })
    return { client, browser: await signIn(server, client), organization: { ...inOperators, organization: client.slug } }
  }

  test('a disabled client is signed out', async () => {
    const { params, browser } = await anOperator(shared())
    await shared().admin('clients.update', { params, body: { enabled: false } })
    await assertSignedOut(browser)
    await shared().admin('clients.update', { params, body: { enabled: true } })
    assert.equal((await browser.session()).statusCode, 200)
  })

  test('a deleted client is signed out, and one of its name is another', async () => {
    const { params, browser } = await anOperator(shared())
    await shared().admin('clients.delete', { params })
    await assertSignedOut(browser)
  })

  test('a suspended organization signs its clients out, and so do its cut tokens', async () => {
    const { client, browser, organization } = await inOwnOrganization(shared())
    await shared().admin('organizations.suspend', { params: organization, body: { reason } })
    await assertSignedOut(browser)
    await shared().admin('organizations.resume', { params: organization })
    assert.equal((await browser.session()).statusCode, 200)
    await shared().admin('organizations.cutTokens', { params: organization, body: { reason } })
    await assertSignedOut(browser)
    const after = await signIn(shared(), client)
    assert.equal((await after.session()).statusCode, 200, 'a sign-in after the cut')
  })

  test('a revoked secret ends the sessions that began with it, with cut tokens or without', async () => {
    for (const cutTokens of [true, false]) {
      const { params, browser } = await anOperator(shared())
      const { secrets } = await shared().admin('rotation.get', { params })
      await shared().admin('secrets.revoke', { params: { ...params, secret: secrets[0]!.id }, body: { reason, cutTokens } })
      await assertSignedOut(browser)
    }
  })

  test('a session goes on with the new secret once that was entered, and ends with the old one otherwise', async () => {
    const { operator, params, browser } = await anOperator(shared())
    const other = await signIn(shared(), operator)
    const { clientSecret } = await shared().admin('rotation.start', { params, body: {} })
    const confirmed = await browser.request({ method: 'POST', url: `${sessionPath}/confirm`, payload: { clientSecret } })
    assert.equal(confirmed.statusCode, 200, confirmed.body)
    const { secrets } = await shared().admin('rotation.get', { params })
    await shared().admin('secrets.revoke', { params: { ...params, secret: secrets[1]!.id }, body: { reason, cutTokens: false } })
    assert.equal((await browser.session()).statusCode, 200)
    await assertSignedOut(other)
  })

  test('abuse 146: a demoted operator has its new scopes and realms at the next request', async () => {
    const { params, browser } = await anOperator(shared())
    assert.equal((await browser.call('organizations.list', { params: { realm: 'prod' } })).statusCode, 200)
    await shared().admin('clients.update', { params, body: { scopes: ['organizations:read'], operatorRealms: ['nt24-idp'] } })
    const session = (await browser.session()).json()
    assert.deepEqual([session.scopes, session.realms, session.owner], [['organizations:read'], ['nt24-idp'], false])
    assert.deepEqual(refusalOf(await browser.call('organizations.list', { params: { realm: 'prod' } })), [403, 'realm-not-permitted'])
    const write = { params: { realm: 'nt24-idp' }, body: { slug: 'demoted', name: 'Demoted' } }
    assert.deepEqual(refusalOf(await browser.call('organizations.create', write)), [403, 'insufficient-scope'])
  })

  test('an operator of its realm that loses its scopes is signed out', async () => {
    const client = await shared().aClient('nt24-idp', { operatorScopes: ['organizations:read'] })
    const browser = await signIn(shared(), { ...client, realm: 'nt24-idp' })
    await shared().admin('clients.update', { params: { realm: 'nt24-idp', client: client.clientId }, body: { operatorScopes: [] } })
    await assertSignedOut(browser)
  })

  test('a session that was ended elsewhere is over', async () => {
    const { browser } = await anOperator(shared())
    await shared().database.query('delete from sessions')
    await assertSignedOut(browser)
  })
})

test('the restore of a backup ends the sessions that it brings back', async () => {
  const server = await startTestServer(withConsole)
  const browser = await signIn(server, server.operator)
  await server.recordRestore()
  assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
  assert.equal((await (await signIn(server, server.operator)).session()).statusCode, 200)
})

test('a new version of the pepper ends no session', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  const pepper = join(server.folder, 'pepper')
  const before = readFileSync(pepper, 'utf8')
  const browser = await signIn(server, server.operator)
  const second = newKeyRingLine(2)
  writeFileSync(pepper, before + second, { mode: 0o600 })
  await server.reload()
  assert.equal((await browser.session()).statusCode, 200)
  const later = await signIn(server, server.operator)
  const digests = await server.database.query<{ digest: string }>('select digest from sessions')
  assert.equal(digests.length, 2)
  assert.equal((await later.session()).statusCode, 200)
})
