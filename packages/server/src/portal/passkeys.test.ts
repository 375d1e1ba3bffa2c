// Signing in to the portal by a passkey, and the passkeys of a person.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import { createAuthenticator } from '../../test/authenticator.fixture.ts'
import { browserWith, cookieOf, refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aPerson, portalOrigin, postToPortal, signByPasskey, signInByPasskey } from '../../test/people.fixture.ts'
import { aReader, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'

const minutes = 60_000

suite('a passkey', () => {
  const shared = shareTestServer(withPortal)
  const post = (browser: Browser, path: string, payload: object) => browser.request({ method: 'POST', url: `/portal/api/${path}`, payload })

  test('signs its person in, without a name', async () => {
    const server = shared()
    const { id, authenticator } = await aPerson(server)
    server.clock.advance(10 * minutes)
    const response = await signInByPasskey(server, authenticator)
    assert.equal(response.statusCode, 201, response.body)
    assert.equal(response.json().person.id, id)
    const [passkey] = (await browserWith(server, cookieOf(response), '/portal').request({ url: '/portal/api/passkeys' })).json().items
    assert.deepEqual([passkey.name, passkey.id], ['First passkey', authenticator.passkeys[0]!.id])
    assert.equal(Date.parse(passkey.lastUsedAt), server.clock.now())
  })

  test('abuse 296: an answer that was sent before, is late, of another address, host, key or person does not', async () => {
    const server = shared()
    const { authenticator } = await aPerson(server)
    const other = await aPerson(server)
    const passkey = await signByPasskey(server, authenticator)
    assert.equal((await postToPortal(server, 'session', { passkey })).statusCode, 201)
    const late = await signByPasskey(server, authenticator)
    server.clock.advance(5 * minutes)
    const bodies = new Set<string>()
    const refuse = async (body: object, what: string) => {
      server.clock.advance(5 * minutes) // Failures of one passkey are throttled.
      const response = await postToPortal(server, 'session', { passkey: body })
      assert.deepEqual(refusalOf(response), [401, 'invalid-client'], what)
      const { type, title, detail, remedy } = response.json()
      bodies.add(JSON.stringify([type, title, detail, remedy]))
    }
    await refuse(passkey, 'late and sent before')
    await refuse(late, 'late')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    for (const deviation of [
      { origin: 'https://portal.evil.example' },
      { origin: `${portalOrigin}.evil.example` },
      { rpId: 'evil.example' },
      { challenge: 'A'.repeat(72) },
      { flags: 0x01 },
      { key: privateKey },
      { userHandle: other.authenticator.passkeys[0]!.userHandle },
      { userHandle: '' },
    ]) {
      server.clock.advance(5 * minutes)
      const options = (await postToPortal(server, 'passkey/options', {})).json().publicKey
      const response = await postToPortal(server, 'session', { passkey: authenticator.get(options, deviation) })
      assert.deepEqual(refusalOf(response), [401, 'invalid-client'], JSON.stringify(deviation))
    }
    const stranger = createAuthenticator(portalOrigin)
    stranger.create({ rp: { id: 'localhost' }, user: { id: authenticator.passkeys[0]!.userHandle }, challenge: 'A' })
    server.clock.advance(5 * minutes)
    assert.deepEqual(refusalOf(await signInByPasskey(server, stranger)), [401, 'invalid-client'])
    assert.equal(bodies.size, 1)
    assert.equal((await signInByPasskey(server, authenticator)).statusCode, 201)
  })

  test('abuse 296: of two who send one answer at once, one is signed in', async () => {
    const server = shared()
    const { authenticator } = await aPerson(server)
    const passkey = await signByPasskey(server, authenticator)
    const responses = await Promise.all([1, 2, 3].map(() => postToPortal(server, 'session', { passkey })))
    assert.deepEqual(responses.map(({ statusCode }) => statusCode).toSorted(), [201, 401, 401])
  })

  test('abuse 296: a counter that goes back is that of a copy', async () => {
    const server = shared()
    const { authenticator } = await aPerson(server)
    assert.equal((await signInByPasskey(server, authenticator, { counter: 10 })).statusCode, 201)
    for (const counter of [10, 9, 0]) {
      server.clock.advance(5 * minutes)
      assert.deepEqual(refusalOf(await signInByPasskey(server, authenticator, { counter })), [401, 'invalid-client'])
    }
    assert.equal((await signInByPasskey(server, authenticator, { counter: 11 })).statusCode, 201)
  })

  test('one of several devices tells no counter', async () => {
    const server = shared()
    const { browser } = await aPerson(server)
    const synced = createAuthenticator(portalOrigin, false)
    await addPasskey(browser, synced)
    for (const _time of [1, 2]) assert.equal((await signInByPasskey(server, synced)).statusCode, 201)
  })

  test('abuse 296: a person who was removed, and one of a suspended organization, do not sign in', async () => {
    const server = shared()
    const { id, organization, authenticator, browser } = await aPerson(server)
    const params = { realm, organization }
    await server.admin('organizations.suspend', { params, body: { reason: 'a test' } })
    assert.equal((await signInByPasskey(server, authenticator)).statusCode, 401)
    assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    await server.admin('organizations.resume', { params, body: {} })
    assert.equal((await signInByPasskey(server, authenticator)).statusCode, 201)
    await server.admin('people.remove', { params: { ...params, person: id } })
    assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    assert.deepEqual(refusalOf(await signInByPasskey(server, authenticator)), [401, 'invalid-client'])
  })

  test('confirms the session of its own person only', async () => {
    const server = shared()
    const { browser, authenticator } = await aPerson(server)
    const other = await aPerson(server)
    server.clock.advance(16 * minutes)
    assert.deepEqual(refusalOf(await post(browser, 'passkeys/options', {})), [403, 'sign-in-again'])
    const foreign = await signByPasskey(server, other.authenticator)
    assert.deepEqual(refusalOf(await post(browser, 'session/confirm', { passkey: foreign })), [401, 'invalid-client'])
    const confirmed = await post(browser, 'session/confirm', { passkey: await signByPasskey(server, authenticator) })
    assert.equal(confirmed.statusCode, 200, confirmed.body)
    assert.equal(Date.parse(confirmed.json().confirmedUntil) - server.clock.now(), 15 * minutes)
    assert.equal((await post(browser, 'passkeys/options', {})).statusCode, 200)
  })

  async function addPasskey(browser: Browser, authenticator = createAuthenticator(portalOrigin)) {
    const options = await post(browser, 'passkeys/options', {})
    assert.equal(options.statusCode, 200, options.body)
    const credential = authenticator.create(options.json().publicKey)
    const added = await post(browser, 'passkeys', { name: 'Phone', credential })
    assert.equal(added.statusCode, 201, added.body)
    return { id: added.json().id as string, credential, authenticator, excluded: options.json().publicKey.excludeCredentials }
  }

  test('a person has several, and keeps the last one', async () => {
    const server = shared()
    const { browser, authenticator } = await aPerson(server)
    const first = authenticator.passkeys[0]!.id
    const phone = await addPasskey(browser)
    assert.deepEqual(
      phone.excluded.map(({ id }: { id: string }) => id),
      [first],
    )
    assert.equal((await signInByPasskey(server, phone.authenticator)).statusCode, 201)
    const again = await post(browser, 'passkeys', { name: 'Again', credential: phone.credential })
    assert.deepEqual(refusalOf(again), [400, 'invalid-request'])
    const remove = (id: string) => browser.request({ method: 'DELETE', url: `/portal/api/passkeys/${id}` })
    assert.equal((await remove(first)).statusCode, 204)
    assert.deepEqual(refusalOf(await remove(first)), [404, 'not-found'])
    assert.deepEqual(refusalOf(await remove(phone.id)), [409, 'conflict'])
    assert.deepEqual(refusalOf(await signInByPasskey(server, authenticator)), [401, 'invalid-client'])
    const other = await aPerson(server)
    assert.deepEqual(refusalOf(await remove(other.authenticator.passkeys[0]!.id)), [404, 'not-found'])
  })

  test('removing one ends the other sessions of the person, which the device may have', async () => {
    const server = shared()
    const { browser, organization, organizationId } = await aPerson(server)
    const colleague = await aPerson(server, 'viewer', { slug: organization, organizationId })
    const { id, authenticator } = await addPasskey(browser)
    const stolen = browserWith(server, cookieOf(await signInByPasskey(server, authenticator)), '/portal')
    assert.equal((await browser.request({ method: 'DELETE', url: `/portal/api/passkeys/${id}` })).statusCode, 204)
    const standing = await Promise.all([browser, stolen, colleague.browser].map((one) => one.session()))
    assert.deepEqual(
      standing.map(({ statusCode }) => statusCode),
      [200, 401, 200],
    )
  })

  test('a client that has signed in by its secret has none', async () => {
    const { browser } = await aReader(shared())
    for (const [path, payload] of [
      ['passkeys/options', {}],
      ['passkeys', {}],
    ] as const)
      assert.deepEqual(refusalOf(await post(browser, path, payload)), [404, 'not-found'])
    assert.deepEqual(refusalOf(await browser.request({ url: '/portal/api/passkeys' })), [404, 'not-found'])
  })
})

test('used challenges are forgotten after their end', async () => {
  const server = await startTestServer(withPortal)
  const { authenticator } = await aPerson(server)
  assert.equal((await signInByPasskey(server, authenticator)).statusCode, 201)
  const rows = () => server.database.query('select * from spent_challenges')
  assert.equal((await rows()).length, 1)
  server.clock.advance(5 * minutes)
  await server.upkeep.maintain()
  assert.equal((await rows()).length, 1)
  server.clock.advance(5 * minutes)
  await server.upkeep.maintain()
  assert.deepEqual(await rows(), [])
})
