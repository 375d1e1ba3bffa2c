// What an organization does about its own people, and what its provider does.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPerson, postToPortal } from '../../test/people.fixture.ts'
import { realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const noa = { name: 'Noa Berg', address: 'noa@acme.example' }

suite('the people of an organization', () => {
  const shared = shareTestServer(withPortal)

  test('a viewer sees them, and changes nothing', async () => {
    const server = shared()
    const admin = await aPerson(server)
    const viewer = await aPerson(server, 'viewer', { slug: admin.organization, organizationId: admin.organizationId }, noa)
    const params = { realm, organization: admin.organization }
    const list = await viewer.browser.call('people.list', { params })
    assert.deepEqual(
      list.json().items.map((one: { name: string; role: string }) => [one.name, one.role]),
      [
        ['Mia Wong', 'admin'],
        ['Noa Berg', 'viewer'],
      ],
    )
    const raised = { params: { ...params, person: viewer.id }, body: { role: 'admin' } } as const
    assert.deepEqual(refusalOf(await viewer.browser.call('people.setRole', raised)), [403, 'insufficient-scope'])
    assert.deepEqual(refusalOf(await viewer.browser.call('people.remove', { params: { ...params, person: admin.id } })), [
      403,
      'insufficient-scope',
    ])
  })

  test('an admin gives roles with a fresh sign-in, takes them at once, and not its own', async () => {
    const server = shared()
    const admin = await aPerson(server)
    const { browser, organization, organizationId } = admin
    const other = await aPerson(server, 'viewer', { slug: organization, organizationId }, noa)
    const set = (person: string, role: 'viewer' | 'developer' | 'admin') =>
      browser.call('people.setRole', { params: { realm, organization, person }, body: { role } })
    assert.equal((await set(other.id, 'developer')).json().role, 'developer')
    assert.equal((await other.browser.session()).json().role, 'developer')
    server.clock.advance(16 * 60_000)
    assert.deepEqual(refusalOf(await set(other.id, 'admin')), [403, 'sign-in-again'])
    assert.equal((await set(other.id, 'viewer')).json().role, 'viewer')
    assert.deepEqual(refusalOf(await set(admin.id, 'viewer')), [409, 'conflict'])
    const stranger = await aPerson(server)
    assert.deepEqual(refusalOf(await set(stranger.id, 'viewer')), [404, 'not-found'])
    assert.equal((await browser.call('people.remove', { params: { realm, organization, person: other.id } })).statusCode, 200)
    assert.deepEqual(refusalOf(await other.browser.session()), [401, 'signed-out'])
  })

  test('the last admin stays, except for the provider', async () => {
    const server = shared()
    const { id: person, browser, organization, organizationId } = await aPerson(server)
    const params = { realm, organization, person }
    assert.deepEqual(refusalOf(await browser.call('people.remove', { params })), [409, 'conflict'])
    const second = await aPerson(server, 'admin', { slug: organization, organizationId }, noa)
    const responses = await Promise.all([
      browser.call('people.remove', { params: { ...params, person: second.id } }),
      second.browser.call('people.remove', { params }),
    ])
    // One of them was removed while it asked: it is signed out, or finds itself the last admin.
    assert.equal(responses.filter(({ statusCode }) => statusCode === 200).length, 1)
    const [left] = (await server.admin('people.list', { params: { realm, organization } })).items
    const ofLeft = { realm, organization, person: left!.id }
    assert.equal((await server.admin('people.setRole', { params: ofLeft, body: { role: 'viewer' } })).role, 'viewer')
    await server.admin('people.remove', { params: ofLeft })
    assert.deepEqual((await server.admin('people.list', { params: { realm, organization } })).items, [])
  })

  test('who may not invite any more leaves no open invitation', async () => {
    const server = shared()
    const admin = await aPerson(server)
    const { organization, organizationId } = admin
    const colleague = await aPerson(server, 'admin', { slug: organization, organizationId }, noa)
    const params = { realm, organization }
    const inviteBy = async (browser: typeof admin.browser): Promise<string> =>
      (await browser.call('invitations.create', { params, body: { role: 'admin' } })).json().url.split('#')[1]
    const [byAdmin, byColleague] = [await inviteBy(admin.browser), await inviteBy(colleague.browser)]
    await admin.browser.call('people.setRole', { params: { ...params, person: colleague.id }, body: { role: 'developer' } })
    assert.deepEqual(refusalOf(await postToPortal(server, 'invitation', { invitation: byColleague })), [404, 'invitation-ended'])
    assert.equal((await postToPortal(server, 'invitation', { invitation: byAdmin })).statusCode, 200)
    await server.admin('people.remove', { params: { ...params, person: admin.id } })
    assert.deepEqual(refusalOf(await postToPortal(server, 'invitation', { invitation: byAdmin })), [404, 'invitation-ended'])
  })
})
