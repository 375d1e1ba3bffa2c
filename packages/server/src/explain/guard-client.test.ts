// A guard answers 503 while its own client cannot ask: the explanation names the change of that client, and its repair.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer } from '../../test/test-server.fixture.ts'
import { inWords } from './guard-faults.ts'

const realm = 'nt24-idp'

suite('the client of a guard that could not ask', () => {
  const shared = shareTestServer()
  let reports = 0

  /** A 503 of the guard, as it is reported. */
  async function aReport(reporter: string, kind: string, caller: { readonly clientId: string }) {
    const { database, clock, admin } = shared()
    const id = `019ac5d2f000-0badcafe-000001${(reports++).toString(16).padStart(2, '0')}`
    const saw = `the entitlement of the client could not be had (${kind})`
    const detail = JSON.stringify({ requires: { dpa: 'any' }, checks: [{ check: 'standing', result: 'not-reached', saw }] })
    await database.query(
      `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, client_id) values ('${id}', '${reporter}', '${realm}', ${clock.now()}, 1, 'guard', 'temporarily-unavailable', '${detail}', '${caller.clientId}')`,
    )
    clock.advance(1000)
    return () => admin('requests.explain', { params: { request: id } })
  }

  for (const [what, change, repair, expected] of [
    [
      'disabled',
      { enabled: false },
      { enabled: true },
      ['was disabled', /^countersign client enable \S+ --realm nt24-idp --reason 'why'$/],
    ],
    [
      'without its service account',
      { serviceAccountEnabled: false },
      { serviceAccountEnabled: true },
      ['service account was off', /^countersign client update \S+ --service-account on --realm nt24-idp --reason 'why'$/],
    ],
    [
      'without the scope',
      { scopes: ['decisions:write'] },
      { scopes: ['decisions:write', 'entitlements:read'] },
      [
        'lacked the scope "entitlements:read"',
        /^countersign client update \S+ --scope 'decisions:write entitlements:read' --realm nt24-idp --reason 'why'$/,
      ],
    ],
  ] as const) {
    test(`${what}: the change and its repair are named, and nothing is left to do once it is repaired`, async () => {
      const { aClient, admin } = shared()
      const guard = await aClient(realm)
      const update = (body: object) => admin('clients.update', { params: { realm, client: guard.clientId }, body })
      await update({ ...change, reason: 'clean-up' })
      const explain = await aReport(
        guard.clientId,
        what === 'without the scope' ? 'scope, 403' : 'credentials, gated',
        await aClient(realm),
      )
      const [sentence, command] = expected
      const found = await explain()
      assert.ok(found.cause.includes(`its own client "${guard.clientId}"`) && found.cause.includes(sentence), found.cause)
      assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason, found.who], ['clients.update', 'clean-up', 'operator'])
      assert.match(found.command ?? '', command)
      assert.match(found.now.detail, /^It would be refused with "temporarily-unavailable": the client of the guard /)
      await update(repair)
      const repaired = await explain()
      assert.deepEqual([repaired.cause, repaired.command, repaired.now.outcome], [found.cause, null, 'allowed'])
      assert.ok(!JSON.stringify(found).includes('gated'))
    })
  }

  test('of a suspended organization: the suspension is named, also after it was ended', async () => {
    const { aClient, admin } = shared()
    const guard = await aClient(realm)
    const organization = { params: { realm, organization: guard.slug } }
    await admin('organizations.suspend', { ...organization, body: { reason: 'wrong one' } })
    const explain = await aReport(guard.clientId, 'credentials, gated', await aClient(realm))
    const found = await explain()
    assert.deepEqual([found.changedBy?.kind, found.changedBy?.reason], ['organizations.suspend', 'wrong one'])
    assert.match(found.cause, new RegExp(`belonged to the organization "${guard.slug}", which was suspended`))
    assert.equal(found.command, `countersign organization resume ${guard.slug} --realm ${realm} --reason 'why'`)
    await admin('organizations.resume', organization)
    const repaired = await explain()
    assert.deepEqual([repaired.changedBy?.reason, repaired.command, repaired.now.detail], ['wrong one', null, 'It would be allowed.'])
  })

  test('in order: its credentials were refused, or the connection failed', async () => {
    const { aClient } = shared()
    const [guard, caller] = [await aClient(realm), await aClient(realm)]
    const update = { scopes: ['entitlements:read', 'decisions:write'] }
    await shared().admin('clients.update', { params: { realm, client: guard.clientId }, body: update })
    const refused = await (await aReport(guard.clientId, 'credentials, invalid_client', caller))()
    assert.deepEqual(
      [refused.certain, refused.who, refused.command],
      [false, 'api', `countersign secret status ${guard.clientId} --realm ${realm}`],
    )
    const cut = await (await aReport(guard.clientId, 'network, timeout', caller))()
    assert.equal(
      cut.cause,
      'The guard could not decide: the entitlement of the client could not be had, because the guard could not reach this server.',
    )
    assert.match(cut.remedy, /^Check the connection/)
  })
})

test('what is no report of a fault stays as it is', () => {
  for (const saw of ['signed by the key k (server)', 'enabled, not revoked', '']) assert.equal(inWords(saw), saw)
})
