// What people of an organization do about its agreement, its requests and its clients.
import assert from 'node:assert/strict'
import { hash, randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPerson, signByPasskey } from '../../test/people.fixture.ts'
import { portalSession, realm, signInToPortal, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const text = '# Agreement\n\nThe provider processes data.\n'
const digest = hash('sha256', text, 'hex')
const requiredFrom = '2030-01-01T00:00:00Z'

suite('people and what concerns their organization', () => {
  const shared = shareTestServer(withPortal)
  let versions = 0

  async function anAgreement() {
    const server = shared()
    const version = `2030-${++versions}`
    await server.admin('dpa.publish', { params: { realm }, body: { version, requiredFrom, text } })
    const client = await server.aClient(realm, { scopes: ['profile'] })
    const { browser, id } = await aPerson(server, 'admin', client)
    const place = { realm, organization: client.slug }
    const accept = (more: object) => browser.call('dpa.accept', { params: place, body: { version, acceptedBy: 'Mia Wong, COO', ...more } })
    return { server, version, client, browser, id, place, accept }
  }

  test('an admin reads the text and accepts it by its digest; the acceptance has the person, the name as typed, and the digest', async () => {
    const { server, version, client, browser, id, place, accept } = await anAgreement()
    const read = (await browser.call('dpa.text', { params: { realm, version } })).json()
    assert.deepEqual(read, { version, text, digest })
    const accepted = await accept({ digest: read.digest })
    assert.equal(accepted.statusCode, 201, accepted.body)
    assert.deepEqual([accepted.json().dpa.acceptedVersion, accepted.json().clients], [version, undefined])
    const [acceptance] = (await server.admin('dpa.acceptances', { params: place })).items
    assert.deepEqual(
      [acceptance!.version, acceptance!.acceptedBy, acceptance!.textDigest, acceptance!.person],
      [version, 'Mia Wong, COO', digest, { id, name: 'Mia Wong' }],
    )
    const [event] = (await server.admin('audit.search', { params: {}, query: { organization: client.organizationId, kind: 'dpa.accept' } }))
      .items
    assert.deepEqual(
      [event!.actor!.kind, event!.actor!.id, event!.actor!.via, event!.detail['textDigest']],
      ['person', id, 'portal', digest],
    )
    const ofPeople = (await browser.call('dpa.acceptances', { params: place })).json().items[0]
    assert.deepEqual([ofPeople.person.name, ofPeople.acceptedBy], ['Mia Wong', undefined])
    const ofClient = await (await signInToPortal(server, client)).call('dpa.acceptances', { params: place })
    assert.deepEqual([ofClient.json().items[0].person, ofClient.body.includes('Mia')], [null, false])
  })

  test('what was not read is not accepted: no digest, another one, or a version that is not there', async () => {
    const { server, version, place, accept } = await anAgreement()
    const refused = await accept({})
    assert.deepEqual([...refusalOf(refused), refused.json().errors[0].pointer], [400, 'invalid-request', '/digest'])
    assert.deepEqual(refusalOf(await accept({ digest: hash('sha256', 'other', 'hex') })), [409, 'conflict'])
    for (const unknown of ['1999-01', `${version.slice(0, 4)}-0${version.slice(5)}`]) {
      const response = await accept({ version: unknown, digest })
      assert.deepEqual(refusalOf(response), [400, 'invalid-request'], unknown)
    }
    assert.deepEqual(refusalOf(await accept({ digest, reason: 'why not' })), [400, 'invalid-request'])
    assert.deepEqual((await server.admin('dpa.acceptances', { params: place })).items, [])
  })

  test('accepting again changes nothing, so that no one fills the store by it', async () => {
    const { server, client, place, accept } = await anAgreement()
    for (let times = 0; times < 3; times++) assert.equal((await accept({ digest })).statusCode, 201)
    assert.equal((await server.admin('dpa.acceptances', { params: place })).items.length, 1)
    const { items } = await server.admin('audit.search', { params: {}, query: { organization: client.organizationId, kind: 'dpa.accept' } })
    assert.equal(items.length, 1)
  })

  test('20 minutes after signing in the passkey is asked for first: accepting binds the company', async () => {
    const { server, version, client } = await anAgreement()
    const { browser, authenticator } = await aPerson(server, 'admin', client, { name: 'Lena Fischer', address: 'lena@acme.example' })
    const body = { version, acceptedBy: 'Lena Fischer', digest }
    const accept = () => browser.call('dpa.accept', { params: { realm, organization: client.slug }, body })
    server.clock.advance(20 * 60_000)
    assert.deepEqual(refusalOf(await accept()), [403, 'sign-in-again'])
    const passkey = await signByPasskey(server, authenticator)
    const confirmed = await browser.request({ method: 'POST', url: `${portalSession}/confirm`, payload: { passkey } })
    assert.equal(confirmed.statusCode, 200, confirmed.body)
    assert.equal((await accept()).statusCode, 201)
  })

  test('abuse 146: only the role admin accepts the agreement', async () => {
    const { server, version, client, place } = await anAgreement()
    const browsers = [
      (await aPerson(server, 'developer', client, { name: 'Dev', address: 'dev@acme.example' })).browser,
      (await aPerson(server, 'viewer', client, { name: 'View', address: 'view@acme.example' })).browser,
      await signInToPortal(server, client),
    ]
    for (const browser of browsers) {
      const body = { version, acceptedBy: 'Dev', digest }
      assert.deepEqual(refusalOf(await browser.call('dpa.accept', { params: place, body })), [403, 'insufficient-scope'])
    }
  })

  test('a developer asks for a scope of any client, and creates the client that was approved', async () => {
    const { server, client, place } = await anAgreement()
    const { browser } = await aPerson(server, 'developer', client, { name: 'Dev Eloper', address: 'dev@acme.example' })
    const ask = async (body: { kind: 'scope' | 'client'; what: string; client?: string }) =>
      (await browser.call('accessRequests.create', { params: place, body })).json()
    const scope = await ask({ kind: 'scope', what: 'orders:read', client: client.clientId })
    assert.deepEqual([scope.askedBy, scope.client], ['Dev Eloper', client.clientId])
    const request = await ask({ kind: 'client', what: 'Returns' })
    const params = { ...place, accessRequest: request.id }
    assert.deepEqual(refusalOf(await browser.call('accessRequests.makeClient', { params, body: {} })), [409, 'conflict'])
    await server.admin('accessRequests.approve', { params, body: {} })
    const made = await browser.call('accessRequests.makeClient', { params, body: {} })
    assert.equal(made.statusCode, 201, made.body)
    const { clientId, clientSecret, operatorScopes } = made.json()
    assert.deepEqual([clientId, operatorScopes], [`api-client-${client.slug}-returns`, undefined])
    await server.tokenOf(realm, { clientId, clientSecret })
    const other = await aPerson(server, 'developer')
    assert.deepEqual(refusalOf(await other.browser.call('accessRequests.makeClient', { params, body: {} })), [404, 'not-found'])
    const theirs = { realm, organization: other.organization, accessRequest: request.id }
    assert.deepEqual(refusalOf(await other.browser.call('accessRequests.withdraw', { params: theirs, body: {} })), [404, 'not-found'])
  })

  test('a viewer reads requests and activity, and asks for nothing', async () => {
    const { server, client, place } = await anAgreement()
    const { browser } = await aPerson(server, 'viewer', client, { name: 'View', address: 'view@acme.example' })
    const body = { kind: 'partner', what: randomUUID() } as const
    assert.deepEqual(refusalOf(await browser.call('accessRequests.create', { params: place, body })), [403, 'insufficient-scope'])
    for (const name of ['accessRequests.ofOrganization', 'activity.list'] as const)
      assert.equal((await browser.call(name, { params: place })).statusCode, 200)
  })

  test('activity names colleagues and clients, and says which of it was done by the reader', async () => {
    const { server, client, browser, place, accept } = await anAgreement()
    await accept({ digest })
    const colleague = await aPerson(server, 'developer', client, { name: 'Dev Eloper', address: 'dev@acme.example' })
    // Of one millisecond, the events of two nodes have no order.
    server.clock.advance(1)
    await colleague.browser.call('accessRequests.create', { params: place, body: { kind: 'partner', what: randomUUID() } })
    server.clock.advance(1)
    const capability = { ...place, capability: 'allowMarketplaceLedKyc' }
    await server.admin('capabilities.set', { params: capability, body: { value: true, reason: 'zz-reason' } })
    const response = await browser.call('activity.list', { params: place })
    const seen = response.json().items.map(({ kind, by, name }: { kind: string; by: string; name?: string }) => [kind, by, name])
    assert.deepEqual(seen.slice(0, 2), [
      ['capabilities.set', 'provider', undefined],
      ['accessRequests.create', 'colleague', 'Dev Eloper'],
    ])
    assert.ok(
      seen.some(([kind, by, name]: string[]) => kind === 'dpa.accept' && by === 'you' && name === 'Mia Wong'),
      response.body,
    )
    assert.ok(!response.body.includes('zz-reason') && !response.body.includes(server.operator.clientId))
  })
})
