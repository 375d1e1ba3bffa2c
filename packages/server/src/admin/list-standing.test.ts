import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { generateClientSecret } from '../keys/secret-format.ts'
import { addManyClients } from '../../test/many-clients.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const dayMs = 86_400_000

type ClientQuery = NonNullable<OperationInput<'clients.list'>['query']>

suite('lists with how their items stand', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'

  test('without "with" a list is as before', async () => {
    const { admin, aClient } = shared()
    const { slug } = await aClient(realm)
    const [organization] = (await admin('organizations.list', { params: { realm }, query: { search: slug } })).items
    const [client] = (await admin('clients.list', { params: { realm }, query: { organization: slug } })).items
    assert.ok(!('standing' in organization!) && !('standing' in client!))
  })

  test('a client says when it authenticated last, and how often it was refused today and yesterday', async () => {
    const { admin, aClient, tokenOf, requestToken, upkeep, clock } = shared()
    const client = await aClient(realm)
    const refuse = () => requestToken(realm, tokenRequest({ ...client, clientSecret: generateClientSecret() }))
    const read = async () => {
      await upkeep.writeUsage()
      return (await admin('clients.list', { params: { realm }, query: { organization: client.slug, with: 'standing' } })).items[0]!
        .standing!
    }
    const fresh = { rotation: 'stable', windowEndsAt: null, confirmable: false, cutsOff: null, due: false } as const
    assert.deepEqual(await read(), { ...fresh, lastUsedAt: null, refused: { today: 0, yesterday: 0 } })
    await refuse()
    clock.advance(dayMs)
    const lastUsedAt = new Date(clock.now()).toISOString()
    await tokenOf(realm, client)
    await refuse()
    await refuse()
    assert.deepEqual(await read(), { ...fresh, lastUsedAt, refused: { today: 2, yesterday: 1 } })
    const list = await admin('organizations.list', { params: { realm }, query: { search: client.slug, with: 'standing' } })
    const organization = list.items.find(({ slug }) => slug === client.slug)!
    assert.deepEqual(organization.standing, {
      dpa: 'missing',
      acceptedVersion: null,
      acceptedAt: null,
      clients: 1,
      lastUsedAt,
      refused: { today: 2, yesterday: 1 },
    })
  })

  test('the last token of a client is that of all its credentials, also of those that have ended', async () => {
    const { admin, aClient, tokenOf, upkeep, clock } = shared()
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    const lastUsedAt = new Date(clock.now()).toISOString()
    await tokenOf(realm, client)
    await upkeep.writeUsage()
    const [secret] = (await admin('clients.get', { params })).secrets
    await admin('secrets.revoke', { params: { ...params, secret: secret!.id }, body: { reason: 'it leaked' } })
    const query = { organization: client.slug, with: 'standing' } as const
    assert.equal((await admin('clients.list', { params: { realm }, query })).items[0]?.standing?.lastUsedAt, lastUsedAt)
    const found = await admin('organizations.list', { params: { realm }, query: { search: client.slug, with: 'standing' } })
    assert.equal(found.items[0]?.standing?.lastUsedAt, lastUsedAt)
    const impact = await admin('organizations.impact', { params: { realm, organization: client.slug } })
    assert.deepEqual([impact.lastUsedAt, impact.clients[0]?.lastUsedAt], [lastUsedAt, lastUsedAt])
    clock.advance(dayMs)
    await admin('clients.delete', { params })
    await admin('clients.create', { params: { realm }, body: { organization: client.slug, clientId: client.clientId, name: 'Another' } })
    assert.equal((await admin('clients.list', { params: { realm }, query })).items[0]?.standing?.lastUsedAt, null)
  })

  test('of an organization whose clients are guards only no agreement is required, until one of its clients calls an API', async () => {
    const { admin, aClient } = shared()
    const { slug } = await aClient(realm, { scopes: ['decisions:write', 'entitlements:read'] })
    const find = async (dpa?: 'missing') =>
      (await admin('organizations.list', { params: { realm }, query: { search: slug, with: 'standing', ...(dpa && { dpa }) } })).items.find(
        (one) => one.slug === slug,
      )?.standing?.dpa
    assert.deepEqual([await find(), await find('missing')], ['not-required', undefined])
    await admin('clients.create', { params: { realm }, body: { organization: slug, clientId: 'beside-a-guard', name: 'A backend' } })
    assert.deepEqual([await find(), await find('missing')], ['missing', 'missing'])
  })

  test('organizations are found by the status of the agreement, in pages as in one request', async () => {
    const { admin, aClient } = shared()
    const [prefix, wanted] = ['agreed-', ['agreed-1', 'agreed-3', 'agreed-4']]
    for (const number of [1, 2, 3, 4]) await aClient(realm, { slug: `${prefix}${number}` })
    for (const organization of wanted)
      await admin('dpa.accept', { params: { realm, organization }, body: { version: '2026-01', acceptedBy: 'Ada Lovelace' } })
    const found: string[] = []
    for (let after: string | undefined; ;) {
      const query = { dpa: 'accepted' as const, search: prefix, limit: 1, ...(after && { after }) }
      const page = await admin('organizations.list', { params: { realm }, query })
      found.push(...page.items.map(({ slug }) => slug))
      if (page.next === null) break
      after = page.next
    }
    assert.deepEqual(found, wanted)
    const { items } = await admin('organizations.list', { params: { realm }, query: { dpa: 'missing', search: prefix } })
    assert.deepEqual(
      items.map(({ slug }) => slug),
      ['agreed-2'],
    )
  })
})

test('abuse 147: an operator that may not read clients sees no use and no refusal of them in other lists', async () => {
  const { admin, aClient, tokenOf, upkeep, request } = await startTestServer()
  const realm = 'nt24-idp'
  await tokenOf(realm, await aClient(realm))
  await upkeep.writeUsage()
  const body = { organization: 'operators', clientId: 'reader', name: 'Reader', scopes: ['organizations:read'] }
  const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
  const authorization = `Bearer ${await tokenOf('operators', { clientId: 'reader', clientSecret: clientSecret! })}`
  const read = async (path: string) => {
    const { items } = (await request({ url: `/admin/v1/realms/${realm}/${path}`, headers: { authorization } })).json()
    return items[0]
  }
  const { clients, lastUsedAt, refused } = (await read('organizations?with=standing')).standing
  assert.deepEqual([clients, lastUsedAt, refused, (await read('dpa-standing')).refused], [1, null, null, null])
  const [seen] = (await admin('organizations.list', { params: { realm }, query: { with: 'standing' } })).items
  assert.ok(seen?.standing?.lastUsedAt !== null && seen?.standing?.refused !== null)
})

suite('filters of the list of clients', () => {
  const shared = shareTestServer()
  const realm = 'prod'

  async function find(query: ClientQuery, among: readonly { readonly clientId: string }[]) {
    const { items } = await shared().admin('clients.list', { params: { realm }, query: { ...query, limit: 200 } })
    return items.map(({ clientId }) => clientId).filter((id) => among.some(({ clientId }) => clientId === id))
  }

  test('clients are found by the state of their rotation', async () => {
    const { admin, aClient, tokenOf, upkeep } = shared()
    const [stable, issued, overlapping] = [await aClient(realm), await aClient(realm), await aClient(realm)]
    const all = [stable, issued, overlapping]
    await admin('rotation.start', { params: { realm, client: issued.clientId }, body: {} })
    const { clientSecret } = await admin('rotation.start', { params: { realm, client: overlapping.clientId }, body: {} })
    await tokenOf(realm, { ...overlapping, clientSecret: clientSecret! })
    await upkeep.writeUsage()
    assert.deepEqual(await find({ rotation: 'stable' }, all), [stable.clientId])
    assert.deepEqual(await find({ rotation: 'issued' }, all), [issued.clientId])
    assert.deepEqual(await find({ rotation: 'overlapping' }, all), [overlapping.clientId])
    assert.deepEqual(await find({ rotation: 'in-progress' }, all), [issued.clientId, overlapping.clientId])
    const { items } = await admin('clients.list', { params: { realm }, query: { organization: overlapping.slug, with: 'standing' } })
    const { rotation, windowEndsAt, confirmable } = items[0]!.standing!
    const status = await admin('rotation.get', { params: { realm, client: overlapping.clientId } })
    assert.deepEqual([rotation, windowEndsAt, confirmable], ['overlapping', status.windowEndsAt, true])
  })

  test('clients whose secret is due are those of the list of due secrets, by age or expiry', async () => {
    const { admin, aClient, clock } = shared()
    const secretExpiresAt = new Date(clock.now() + 10 * dayMs).toISOString()
    const [fresh, expiring] = [await aClient(realm), await aClient(realm, { secretExpiresAt })]
    const rotating = await aClient(realm, { secretExpiresAt })
    await admin('rotation.start', { params: { realm, client: rotating.clientId }, body: {} })
    const all = [fresh, expiring, rotating]
    assert.deepEqual(await find({ due: 'true' }, all), [expiring.clientId])
    assert.deepEqual(await find({ due: 'false' }, all), [fresh.clientId, rotating.clientId].toSorted())
    const due = await admin('secrets.due', { params: { realm }, query: { limit: 200 } })
    const listed = due.items.filter(({ reason }) => reason === 'age' || reason === 'expires').map(({ client }) => client)
    assert.deepEqual(
      listed.filter((id) => all.some(({ clientId }) => clientId === id)),
      [expiring.clientId],
    )
  })

  test('clients are found that were not used for some days, which a new one cannot be', async () => {
    const { aClient, tokenOf, upkeep, clock } = shared()
    const [idle, used] = [await aClient(realm), await aClient(realm)]
    clock.advance(30 * dayMs)
    const fresh = await aClient(realm)
    await tokenOf(realm, used)
    await upkeep.writeUsage()
    const all = [idle, used, fresh]
    assert.deepEqual(await find({ unusedFor: 30 }, all), [idle.clientId])
    assert.deepEqual(await find({ unusedFor: 31 }, all), [])
    clock.advance(dayMs)
    assert.deepEqual(await find({ unusedFor: 1 }, all), [idle.clientId, used.clientId, fresh.clientId])
    assert.deepEqual(await find({ unusedFor: 1, search: used.clientId }, all), [used.clientId])
  })
})

test('of an organization with more than 100 clients a list has their number, and nothing that is read of each', async () => {
  const server = await startTestServer()
  const realm = 'prod'
  const client = await server.aClient(realm)
  await addManyClients(server, { realm, organizationId: client.organizationId, prefix: 'many', count: 100 })
  await server.tokenOf(realm, client)
  await server.upkeep.writeUsage()
  const { items } = await server.admin('organizations.list', { params: { realm }, query: { with: 'standing' } })
  const { clients, lastUsedAt, refused, dpa } = items[0]!.standing!
  assert.deepEqual([clients, lastUsedAt, refused, dpa], [101, null, null, 'not-required'])
})
