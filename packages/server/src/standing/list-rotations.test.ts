import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const [minuteMs, dayMs] = [60_000, 86_400_000]

type Query = NonNullable<OperationInput<'rotation.list'>['query']>

suite('rotations of a realm', () => {
  const shared = shareTestServer()
  const realm = 'prod'

  /** A client with a rotation whose window ends after so many days. */
  async function aRotation(days: number, slug?: string) {
    const { aClient, admin, requestToken, upkeep } = shared()
    const client = await aClient(realm, slug === undefined ? {} : { slug })
    const params = { realm, client: client.clientId }
    const { clientSecret } = await admin('rotation.start', { params, body: { window: (days * dayMs) / 1000 } })
    const use = async (secret: string) => {
      assert.equal((await requestToken(realm, tokenRequest({ ...client, clientSecret: secret }))).statusCode, 200)
      await upkeep.writeUsage()
    }
    return { ...client, params, useOld: () => use(client.clientSecret), useNew: () => use(clientSecret!) }
  }

  const list = async (query: Query = {}) => (await shared().admin('rotation.list', { params: { realm }, query })).items
  const idsOf = async (query: Query, of: readonly { readonly clientId: string }[]) => {
    const known = new Set(of.map(({ clientId }) => clientId))
    return (await list({ limit: 200, ...query })).map(({ client }) => client).filter((client) => known.has(client))
  }

  test('they are sorted by the end of their window, in pages as in one request, in both directions', async () => {
    const rotations = [await aRotation(3), await aRotation(1), await aRotation(2)]
    const [third, first, second] = rotations.map(({ clientId }) => clientId)
    assert.deepEqual(await idsOf({}, rotations), [first, second, third])
    assert.deepEqual(await idsOf({ sort: '-windowEndsAt' }, rotations), [third, second, first])
    for (const sort of ['windowEndsAt', '-windowEndsAt'] as const) {
      const found: string[] = []
      for (let after: string | undefined; ;) {
        const page = await shared().admin('rotation.list', { params: { realm }, query: { sort, limit: 1, ...(after && { after }) } })
        found.push(...page.items.map(({ client }) => client))
        if (page.next === null) break
        after = page.next
      }
      assert.deepEqual(
        found,
        (await list({ sort, limit: 200 })).map(({ client }) => client),
      )
    }
  })

  test('they are filtered by state, by whether the old secret can be ended, by the end, and by organization', async () => {
    const { clock } = shared()
    const [issued, used, moved] = [await aRotation(5), await aRotation(6), await aRotation(7)]
    const all = [issued, used, moved]
    await used.useNew()
    await used.useOld()
    await moved.useNew()
    clock.advance(minuteMs)
    assert.deepEqual(await idsOf({ state: 'issued' }, all), [issued.clientId])
    assert.deepEqual(await idsOf({ state: 'overlapping' }, all), [used.clientId, moved.clientId])
    assert.deepEqual(await idsOf({ confirmable: 'true' }, all), [moved.clientId])
    assert.deepEqual(await idsOf({ confirmable: 'false' }, all), [issued.clientId, used.clientId])
    assert.deepEqual(await idsOf({ organization: used.slug }, all), [used.clientId])
    const endsBefore = (await list({ organization: used.slug }))[0]!.windowEndsAt!
    assert.deepEqual(await idsOf({ endsBefore }, all), [issued.clientId])
  })

  test('each says what would be cut off, and is as the status of its client', async () => {
    const { admin, clock } = shared()
    const [issued, used, moved] = [await aRotation(5), await aRotation(5), await aRotation(5)]
    await used.useNew()
    await used.useOld()
    await moved.useNew()
    clock.advance(minuteMs)
    for (const [rotation, cutsOff, confirmable] of [
      [issued, 'new-unused', false],
      [used, 'old-in-use', false],
      [moved, null, true],
    ] as const) {
      const [item] = await list({ organization: rotation.slug })
      const { name, enabled, organization, confirmable: canEnd, cutsOff: cut, ...rest } = item!
      assert.deepEqual(
        [cut, canEnd, enabled, organization.slug, name],
        [cutsOff, confirmable, true, rotation.slug, `${rotation.slug} backend`],
      )
      assert.deepEqual(rest, await admin('rotation.get', { params: rotation.params }))
    }
  })

  test('an old secret that was used every 20 minutes can be ended after 6 quiet ones, which is advised after an hour', async () => {
    const { admin, clock } = shared()
    const rotation = await aRotation(5)
    for (let use = 0; use < 4; use++) {
      clock.advance(20 * minuteMs)
      await rotation.useOld()
    }
    const advisedAt = new Date(clock.now() + 60 * minuteMs).toISOString()
    await rotation.useNew()
    clock.advance(7 * minuteMs)
    const [item] = await list({ organization: rotation.slug, confirmable: 'true' })
    assert.deepEqual(
      [item?.confirmable, item?.cutsOff, item?.oldSecretUsualGapSeconds, item?.endAdvisedAt],
      [true, 'old-in-use', 1200, advisedAt],
    )
    const status = await admin('rotation.get', { params: rotation.params })
    assert.deepEqual([status.oldSecretUsualGapSeconds, status.endAdvisedAt], [1200, advisedAt])
    const isAdvised = async () =>
      (await admin('realms.summary', { params: { realm } })).attention.some(
        ({ kind, client }) => kind === 'rotation-can-end' && client === rotation.clientId,
      )
    assert.equal(await isAdvised(), false)
    clock.advance(54 * minuteMs)
    assert.equal((await list({ organization: rotation.slug }))[0]?.cutsOff, null)
    await admin('rotation.confirm', { params: rotation.params, body: {} })
  })

  test('a rotation that is over is no longer among them, and a secret that merely expires never is', async () => {
    const { admin, aClient, clock } = shared()
    const secretExpiresAt = new Date(clock.now() + 4 * dayMs).toISOString()
    const expiring = await aClient(realm, { secretExpiresAt })
    const [confirmed, cancelled, ended] = [await aRotation(4), await aRotation(4), await aRotation(2)]
    const all = [expiring, confirmed, cancelled, ended]
    await confirmed.useNew()
    assert.deepEqual((await idsOf({}, all)).toSorted(), [confirmed, cancelled, ended].map(({ clientId }) => clientId).toSorted())
    clock.advance(minuteMs)
    await admin('rotation.confirm', { params: confirmed.params, body: {} })
    await admin('rotation.cancel', { params: cancelled.params })
    assert.deepEqual(await idsOf({}, all), [ended.clientId])
    clock.advance(2 * dayMs)
    assert.deepEqual(await idsOf({}, all), [])
  })

  test('abuse 147: rotations of another realm are in no page of this one', async () => {
    const { admin } = shared()
    const own = await aRotation(9)
    const { items } = await admin('rotation.list', { params: { realm: 'nt24-idp' }, query: { limit: 200 } })
    assert.ok(!items.some(({ client, organization }) => client === own.clientId || organization.slug === own.slug))
  })
})
