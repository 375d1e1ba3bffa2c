// Changes through the bulk operations and the edits of whole organizations and clients are found like those through their own operations.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ProblemCode } from '@countersign/protocol'
import type { RefusalDetail } from '../refusals/refusal.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const partner = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c61'
const requestor = '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d61'
const reason = 'ticket 4711'

suite('the change that made a refusal', () => {
  const shared = shareTestServer()
  let refusals = 0

  /** A refusal of now, as a guard of this client reports it. */
  async function explain(
    client: { clientId: string; organizationId: string },
    code: ProblemCode,
    detail: RefusalDetail,
    at = shared().clock.now(),
  ) {
    const { database, admin } = shared()
    const id = `${at.toString(16).padStart(12, '0')}-0badcafe-${(++refusals).toString(16).padStart(8, '0')}`
    await database.query(
      `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, client_id, organization_id)
       values ('${id}', 'guard', '${realm}', ${at}, 1, 'guard', '${code}', '${JSON.stringify(detail)}', '${client.clientId}', '${client.organizationId}')`,
    )
    return admin('requests.explain', { params: { request: id } })
  }

  const ofPartner = { partnerId: partner, requires: { partner: 'sellerId' } }

  test('partners that were withdrawn from a file', async () => {
    const { aClient, admin } = shared()
    const acme = await aClient(realm)
    const params = { realm, organization: acme.slug }
    await admin('partners.change', { params, body: { authorize: [{ id: partner, name: 'Alder' }] } })
    await admin('partners.change', { params, body: { withdraw: [partner], reason } })
    const found = await explain(acme, 'partner-not-authorized', ofPartner)
    assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason, found.cause.includes('(Alder)')], ['partners.change', reason, true])
  })

  test('another organization, another partner and a later change do not count', async () => {
    const { aClient, admin, clock } = shared()
    const [acme, other] = [await aClient(realm), await aClient(realm)]
    for (const { slug } of [acme, other])
      await admin('partners.authorize', { params: { realm, organization: slug, partner }, body: { name: 'Alder' } })
    await admin('partners.withdraw', { params: { realm, organization: other.slug, partner } })
    const before = clock.now()
    clock.advance(1000)
    await admin('partners.withdraw', { params: { realm, organization: acme.slug, partner }, body: { reason } })
    const found = await explain(acme, 'partner-not-authorized', ofPartner, before)
    assert.deepEqual([found.changedBy, found.unchanged], [null, 'The organization had not been authorized for this partner before.'])
    const { changedBy } = await explain(acme, 'partner-not-authorized', ofPartner)
    assert.deepEqual([changedBy?.kind, changedBy?.reason], ['partners.withdraw', reason])
  })

  test('a capability that an edit of the organization removed', async () => {
    const { aClient, admin, requestAdmin } = shared()
    const acme = await aClient(realm)
    const capability = { params: { realm, organization: acme.slug, capability: 'allowMarketplaceLedKyc' } }
    const detail = { requires: { capability: 'allowMarketplaceLedKyc' } }
    assert.equal((await explain(acme, 'capability-missing', detail)).unchanged, 'The capability had not been set before.')
    await admin('capabilities.set', { ...capability, body: { value: true } })
    await requestAdmin('organizations.update', {
      params: { realm, organization: acme.slug },
      body: { capabilities: { allowMarketplaceLedKyc: false }, reason },
    })
    const told = async () => {
      const { changedBy } = await explain(acme, 'capability-missing', detail)
      return [changedBy?.kind, changedBy?.reason]
    }
    assert.deepEqual(await told(), ['organizations.update', reason])
    await admin('capabilities.remove', { ...capability, body: { reason: 'ticket 4712' } })
    assert.deepEqual(await told(), ['capabilities.remove', 'ticket 4712'])
    const undeclared = await explain(acme, 'capability-missing', { requires: { dpa: 'any', capability: 'other' } })
    assert.deepEqual([undeclared.unchanged, undeclared.command], ['The realm does not declare the capability in its configuration.', null])
  })

  test('a scope that the client was created without, and one that the token was requested without', async () => {
    const acme = await shared().aClient(realm)
    const requires = { dpa: 'any' as const, scope: ['orders:read'] }
    assert.equal((await explain(acme, 'insufficient-scope', { requires })).changedBy?.kind, 'clients.create')
    const saw = 'email is not among profile; the client has it, but requested this token without it'
    const checks = [{ check: 'scope' as const, result: 'failed' as const, saw }]
    const found = await explain(acme, 'insufficient-scope', { requires: { dpa: 'any', scope: ['email'] }, checks })
    assert.deepEqual([found.changedBy, found.command, found.now.outcome], [null, null, 'allowed'])
    assert.match(found.now.detail, /requested with the scope "email"/)
  })

  test('permissions of a requestor from its creation on', async () => {
    const { aClient, admin } = shared()
    const acme = await aClient(realm)
    await admin('requestors.create', { params: { realm, organization: acme.slug }, body: { id: requestor, permissions: ['a'], reason } })
    const found = await explain(acme, 'requestor-not-permitted', {
      requestorId: requestor,
      requires: { dpa: 'any', requestor: { permission: '--none' } },
    })
    assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason], ['requestors.create', reason])
    assert.equal(found.command, null, 'no option of a command from a guard')
  })

  test('a version of the agreement: of the configuration, and published', async () => {
    const { aClient, admin, clock } = shared()
    const acme = await aClient(realm)
    await admin('dpa.accept', { params: { realm, organization: acme.slug }, body: { version: '2025-01', acceptedBy: 'Ada' } })
    const configured = await explain(acme, 'dpa-outdated', { requires: {} })
    assert.equal(configured.unchanged, 'The version is set in the configuration of the realm.')
    const requiredFrom = new Date(clock.now() + 1000).toISOString()
    await admin('dpa.publish', { params: { realm }, body: { version: '2026-07', requiredFrom, description: 'New', reason } })
    clock.advance(2000)
    const { changedBy, command } = await explain(acme, 'dpa-outdated', { requires: {} })
    assert.deepEqual([changedBy?.kind, changedBy?.reason], ['dpa.publish', reason])
    assert.match(command!, /^countersign dpa accept 2026-07 --accepted-by/)
  })

  test('a refusal that a guard let through, and a 503, are said to be so', async () => {
    const acme = await shared().aClient(realm)
    assert.equal((await explain(acme, 'dpa-missing', { requires: {}, reportOnly: true })).outcome, 'let-through')
    const checks = [{ check: 'standing' as const, result: 'not-reached' as const, saw: 'the entitlement of the client could not be had' }]
    const away = await explain(acme, 'temporarily-unavailable', { requires: { dpa: 'any' }, checks })
    assert.deepEqual(
      [away.cause, away.now.outcome, away.failed],
      ['The guard could not decide: the entitlement of the client could not be had.', 'unknown', null],
    )
    assert.equal((await explain(acme, 'internal-error', {})).who, 'api')
  })

  test('a client and an organization that were deleted are named as they were', async () => {
    const { aClient, admin } = shared()
    const acme = await aClient(realm)
    await admin('organizations.delete', { params: { realm, organization: acme.slug }, body: { reason } })
    const checks = [{ check: 'standing' as const, result: 'failed' as const, saw: 'the client does not exist' }]
    const found = await explain(acme, 'invalid-token', { requires: {}, checks })
    assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason], ['organizations.delete', reason])
    assert.deepEqual([found.request.organization?.slug, found.command], [acme.slug, null])
  })
})
