import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { startTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const dayMs = 86_400_000

type Query = NonNullable<OperationInput<'dpa.standing'>['query']>

async function given() {
  const server = await startTestServer()
  const { admin, aClient, clock } = server
  const names = ['accepted', 'ahead', 'missing', 'outdated']
  for (const slug of names) await aClient(realm, { slug })
  const accept = (organization: string, version: string) =>
    admin('dpa.accept', { params: { realm, organization }, body: { version, acceptedBy: 'Ada Lovelace' } })
  const requiredFrom = new Date(clock.now() + 10 * dayMs).toISOString()
  await admin('dpa.publish', { params: { realm }, body: { version: '2026-07', requiredFrom } })
  await accept('outdated', '2025-01')
  await accept('accepted', '2026-01')
  await accept('ahead', '2026-07')
  clock.advance(1000)
  await accept('ahead', '2025-12') // Recorded late: it must not lower what was accepted.
  const list = (query: Query = {}) => admin('dpa.standing', { params: { realm }, query })
  return { ...server, list }
}

suite('the standing of organizations with the agreement', () => {
  test('each stands as its page says, and the numbers are those of the filtered lists', async () => {
    const { list, admin } = await given()
    const { items, counts, version } = await list()
    assert.deepEqual([version, counts], ['2026-01', { accepted: 2, outdated: 1, missing: 1 }])
    assert.deepEqual(
      items.map(({ organization, standing, acceptedVersion, acceptedBy }) => [organization.slug, standing, acceptedVersion, acceptedBy]),
      [
        ['accepted', 'accepted', '2026-01', 'Ada Lovelace'],
        ['ahead', 'accepted', '2026-07', 'Ada Lovelace'],
        ['missing', 'missing', null, null],
        ['outdated', 'outdated', '2025-01', 'Ada Lovelace'],
      ],
    )
    for (const { organization, standing, acceptedAt } of items) {
      const { dpa } = await admin('organizations.get', { params: { realm, organization: organization.slug } })
      assert.deepEqual([dpa.status, dpa.acceptedAt], [standing, acceptedAt])
    }
    for (const standing of ['accepted', 'outdated', 'missing'] as const)
      assert.equal((await list({ standing })).items.length, counts?.[standing], standing)
  })

  test('it is judged by a version that becomes required, if asked', async () => {
    const { list, requestAdmin } = await given()
    const { counts, version } = await list({ version: '2026-7' })
    assert.deepEqual([version, counts], ['2026-07', { accepted: 1, outdated: 2, missing: 1 }])
    const wrong = await requestAdmin('dpa.standing', { params: { realm }, query: { version: '2027' } })
    assert.deepEqual([wrong.statusCode, wrong.json().errors[0].pointer], [400, '/query/version'])
  })

  test('the numbers are on the first page only', async () => {
    const { list } = await given()
    const first = await list({ limit: 3 })
    const second = await list({ limit: 3, after: first.next! })
    assert.deepEqual([first.items.length, second.items.length, second.next, second.counts], [3, 1, null, undefined])
  })

  test('suspended organizations and those of guards are left out, and a realm that requires none has no items', async () => {
    const { list, admin, aClient } = await given()
    await aClient(realm, { slug: 'the-api', scopes: ['decisions:write', 'entitlements:read'] })
    await admin('organizations.suspend', { params: { realm, organization: 'missing' }, body: {} })
    await aClient('prod', { slug: 'free' })
    assert.deepEqual((await list()).counts, { accepted: 2, outdated: 1, missing: 0 })
    const none = { version: null, counts: { accepted: 0, outdated: 0, missing: 0 }, items: [], next: null }
    assert.deepEqual(await admin('dpa.standing', { params: { realm: 'prod' } }), none)
  })
})
