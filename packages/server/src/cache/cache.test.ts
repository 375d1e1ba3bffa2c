import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { isStoreUnavailable } from '../store/store-errors.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Realm } from '../realms/realm.ts'
import { Cache } from './cache.ts'
import { createLease } from './lease.ts'

const realm = { name: 'prod', tokenProfile: 'keycloak', tokensNotBefore: 0, rateLimitTiers: {}, apis: new Map() } as unknown as Realm

/** A cache over a store, empty at first, that counts its queries and the rows that they return. */
async function aDirectory(t: TestContext, isAway?: () => boolean) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const counts = { queries: 0, rows: 0 }
  const db = store.db.withPlugin({
    transformQuery({ node }) {
      counts.queries++
      return node
    },
    async transformResult({ result }) {
      counts.rows += result.rows.length
      return result
    },
  })
  const cache = new Cache({
    db,
    backgroundPool: db,
    realms: new Map([['prod', realm]]),
    clock: () => 0,
    clientsInMemory: 100,
    ...(isAway && { lease: { ...createLease({ milliseconds: 1000 }), isFresh: () => true, isAway } }),
  })
  /** What a step read. */
  const countOf = async (step: () => Promise<unknown>) => {
    const before = { ...counts }
    await step()
    return { queries: counts.queries - before.queries, rows: counts.rows - before.rows }
  }
  return { store, cache, countOf, queries: () => counts.queries }
}

/** An organization with clients "acme-1" and so on, and with partners. */
async function anOrganization({ db }: Store, { clients, partners = 0 }: { clients: number; partners?: number }) {
  const times = { created_at: 1, updated_at: 1 }
  const organization = { id: 'acme', realm: 'prod', slug: 'acme', name: 'Acme', capabilities: '{}', tokens_not_before: 0, ...times }
  await db
    .insertInto('organizations')
    .values({ ...organization, status: 'active' })
    .execute()
  for (let i = 1; i <= clients; i++) {
    const client = { id: `id-${i}`, realm: 'prod', client_id: `acme-${i}`, organization_id: 'acme', name: 'Backend', scopes: '[]' }
    const values = { ...client, enabled: 1, service_account_enabled: 1, access_token_lifetime: null, ...times }
    await db.insertInto('clients').values(values).execute()
  }
  for (let i = 1; i <= partners; i++) {
    await db
      .insertInto('partners')
      .values({ id: partnerId(i), realm: 'prod', name: 'Partner', created_at: 1 })
      .execute()
    await db
      .insertInto('partner_authorizations')
      .values({ organization_id: 'acme', partner_id: partnerId(i), created_at: 1 })
      .execute()
  }
}

const partnerId = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

test('concurrent lookups of a client share one read', async (t) => {
  const { cache, queries } = await aDirectory(t)
  await Promise.all(Array.from({ length: 500 }, () => cache.readClient('prod', 'nobody')))
  assert.equal(queries(), 1)
  await cache.readClient('prod', 'nobody')
  assert.equal(queries(), 2)
})

test('a lookup after a change does not get a read from before it', async (t) => {
  const { cache, queries } = await aDirectory(t)
  const before = cache.readClient('prod', 'nobody')
  cache.forgetRights('an organization')
  await Promise.all([before, cache.readClient('prod', 'nobody')])
  assert.equal(queries(), 2)
})

test('abuse 209: a store that has not answered for a while is not queried, and no lookup waits for it', async (t) => {
  let isAway = true
  const { cache, queries } = await aDirectory(t, () => isAway)
  await assert.rejects(cache.readClient('prod', 'nobody'), isStoreUnavailable)
  assert.equal(queries(), 0)
  isAway = false
  assert.equal((await cache.readClient('prod', 'nobody')).client, undefined)
  assert.equal(queries(), 1)
})

test('fault 5.1: a change to one client of many is one read of that client, and none of the others', async (t) => {
  const { store, cache, countOf } = await aDirectory(t)
  await anOrganization(store, { clients: 50 })
  const readAll = async () => {
    for (let i = 1; i <= 50; i++) await cache.findEntitlement('prod', `acme-${i}`)
  }
  await readAll()
  assert.equal((await countOf(readAll)).queries, 0)
  cache.forgetClient('prod', 'acme-7')
  assert.deepEqual(await countOf(readAll), { queries: 2, rows: 1 }) // The client, and its revoked tokens.
})

test('fault 5.1: a change to an organization is one read of it for all its clients, which stay', async (t) => {
  const { store, cache, countOf } = await aDirectory(t)
  await anOrganization(store, { clients: 50, partners: 3 })
  const readAll = () => Promise.all(Array.from({ length: 50 }, (_, i) => cache.findEntitlement('prod', `acme-${i + 1}`)))
  await readAll()
  const only = await countOf(async () => {
    cache.forgetRights('acme')
    await cache.findEntitlement('prod', 'acme-1')
  })
  const all = await countOf(async () => {
    cache.forgetRights('acme')
    await readAll()
  })
  assert.deepEqual(all, only)
  await store.db.updateTable('organizations').set({ status: 'suspended', tokens_not_before: 5 }).execute()
  cache.forgetRights('acme')
  assert.equal(cache.findClient('prod', 'acme-1'), undefined)
  const stored = await cache.readClient('prod', 'acme-1')
  stored.remember()
  const { status, tokensNotBefore } = cache.findClient('prod', 'acme-50')!.organization
  assert.deepEqual([status, tokensNotBefore], ['suspended', 5])
  assert.equal((await cache.findEntitlement('prod', 'acme-50'))?.organization.rights.status, 'suspended')
})

test('fault 5.3: the first decision about a client reads few rows, however many clients and partners there are', async (t) => {
  const { store, cache, countOf } = await aDirectory(t)
  await anOrganization(store, { clients: 300, partners: 300 })
  const wanted = { partnerId: partnerId(7) }
  const first = await countOf(() => Promise.resolve(cache.findEntitlement('prod', 'acme-1', wanted)))
  assert.ok(first.rows < 110, `${first.rows} rows`)
  const others = await countOf(async () => {
    for (let i = 2; i <= 11; i++) await cache.findEntitlement('prod', `acme-${i}`, wanted)
  })
  assert.deepEqual(others, { queries: 20, rows: 10 })
})

test('fault 5.1: of an organization with many partners single ones are looked up once, until it changes', async (t) => {
  const { store, cache, countOf } = await aDirectory(t)
  await anOrganization(store, { clients: 2, partners: 101 })
  const find = async (client: number, number: number) => {
    const { partners, rights } = (await cache.findEntitlement('prod', `acme-${client}`, { partnerId: partnerId(number) }))!.organization
    assert.deepEqual(rights.partners, { total: 101 })
    return partners.find(partnerId(number))
  }
  assert.deepEqual([await find(1, 1), await find(1, 999)], [{ id: partnerId(1), name: 'Partner' }, null])
  assert.equal((await countOf(() => Promise.all([find(1, 1), find(1, 999)]))).queries, 0)
  await store.db.deleteFrom('partner_authorizations').where('partner_id', '=', partnerId(1)).execute()
  await store.db
    .insertInto('partners')
    .values({ id: partnerId(999), realm: 'prod', name: 'New', created_at: 1 })
    .execute()
  await store.db
    .insertInto('partner_authorizations')
    .values({ organization_id: 'acme', partner_id: partnerId(999), created_at: 1 })
    .execute()
  cache.forgetRights('acme')
  assert.deepEqual([await find(2, 1), await find(2, 999)], [null, { id: partnerId(999), name: 'New' }])
})

test('fault 5.1: the cache holds no more clients than it may, also of one organization', async (t) => {
  const { store, cache, countOf } = await aDirectory(t)
  await anOrganization(store, { clients: 150 })
  for (let i = 1; i <= 150; i++) await cache.findEntitlement('prod', `acme-${i}`)
  const cached = Array.from({ length: 150 }, (_, i) => cache.findClient('prod', `acme-${i + 1}`)).filter(Boolean)
  assert.equal(cached.length, 100)
  assert.equal((await countOf(async () => cache.findEntitlement('prod', 'acme-150'))).queries, 0)
})

test('a revoked token of a client is known with it, an older one of any client with each of them', async (t) => {
  const { store, cache } = await aDirectory(t)
  await anOrganization(store, { clients: 2 })
  const revoked = { realm: 'prod', organization_id: 'acme', issued_at: 1, expires_at: 1, revoked_at: 1 }
  await store.db
    .insertInto('revoked_tokens')
    .values([
      { ...revoked, token_id: 'of 1', client: 'id-1' },
      { ...revoked, token_id: 'of any', client: null },
    ])
    .execute()
  const tokensOf = async (clientId: string) => [...(await cache.findEntitlement('prod', clientId))!.client.revokedTokenIds].sort()
  assert.deepEqual(await Promise.all([tokensOf('acme-1'), tokensOf('acme-2')]), [['of 1', 'of any'], ['of any']])
})

test('what was read while something changed decides once and is not kept', async (t) => {
  const { store, cache, queries } = await aDirectory(t)
  await anOrganization(store, { clients: 1 })
  const reading = cache.findEntitlement('prod', 'acme-1')
  cache.forgetClient('prod', 'acme-1')
  assert.equal((await reading)?.client.rights.clientId, 'acme-1')
  const before = queries()
  await cache.findEntitlement('prod', 'acme-1')
  assert.ok(queries() > before)
})

test('a realm and an organization are forgotten with their clients', async (t) => {
  const { store, cache } = await aDirectory(t)
  await anOrganization(store, { clients: 2 })
  const forgets = [() => cache.forgetRealm('prod'), () => cache.forgetOrganization('acme'), () => cache.forgetAll()]
  for (const forget of forgets) {
    for (const id of ['acme-1', 'acme-2']) await cache.findEntitlement('prod', id)
    assert.ok(cache.findClient('prod', 'acme-2'))
    await forget()
    assert.equal(cache.findClient('prod', 'acme-2'), undefined)
    await store.db.updateTable('clients').set({ enabled: 0 }).where('client_id', '=', 'acme-1').execute()
    assert.equal((await cache.findEntitlement('prod', 'acme-1'))?.client.rights.enabled, false)
    assert.equal(cache.findClient('prod', 'acme-2'), undefined)
    await store.db.updateTable('clients').set({ enabled: 1 }).execute()
  }
})

test('fault 9.13: what a realm requires is read with the patience of a pull, not of a token request', async (t) => {
  const { db: backgroundPool, close } = await openStore('sqlite::memory:')
  t.after(close)
  const version = { realm: 'prod', version: '2026-01', required_from: 1, description: '', published_at: 1 }
  await backgroundPool.insertInto('dpa_versions').values(version).execute()
  const fails = () => assert.fail('a database 260 ms away')
  const db = backgroundPool.withPlugin({ transformQuery: fails, transformResult: fails })
  const cache = new Cache({ db, backgroundPool, realms: new Map([['prod', realm]]), clock: () => 1000, clientsInMemory: 100 })
  await cache.load()
  assert.equal(cache.requiredDpaVersion('prod'), '2026-01')
  await cache.forgetRealm('prod')
  await cache.forgetAll()
})
