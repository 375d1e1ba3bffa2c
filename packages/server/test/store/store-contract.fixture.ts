// The contract of every store, whatever its database: the domain's own operations on a new, empty store. The test file of a store
// calls this and adds only what is specific to its database.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { operations } from '@countersign/admin'
import { createClient, updateClient } from '../../src/clients/clients.ts'
import { parseConfiguration } from '../../src/configuration/configuration.ts'
import { Cache } from '../../src/cache/cache.ts'
import { createChangeRing } from '../../src/cache/change-ring.ts'
import { findOrganizationId, readOrganization } from '../../src/cache/read-organization.ts'
import { acceptDpa } from '../../src/organizations/agreements.ts'
import { createOrganization, updateOrganization } from '../../src/organizations/organizations.ts'
import { authorizePartner, deletePartner, withdrawPartner } from '../../src/organizations/partners.ts'
import { createRequestor } from '../../src/organizations/requestors.ts'
import { seedRealms } from '../test-server.fixture.ts'
import { createNodeName } from '../../src/node-ids.ts'
import { createAuditChain } from '../../src/audit/events/audit-chain.ts'
import { createAuditMac } from '../../src/audit/events/audit-mac.ts'
import type { ChangeKind } from '../../src/audit/events/kinds.ts'
import { createAuditLog } from '../../src/audit/audit-log.ts'
import { createEventWriter } from '../../src/audit/write-events.ts'
import type { KeyRing } from '../../src/keys/key-ring.ts'
import { createKeyRings } from '../../src/keys/live-rings.ts'
import { createApplyChange, type Actor, type Change } from '../../src/change/apply-change.ts'
import { oneOf } from '../../src/store/dialects.ts'
import type { Store } from '../../src/store/store.ts'

const createBody = operations['clients.create'].body

const { realms } = parseConfiguration(`realms:${seedRealms}`, '/')
const realm = realms.get('nt24-idp')!
const pepper = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }
const actor: Actor = {
  kind: 'operator',
  via: 'api',
  realm: 'operators',
  clientId: 'operator',
  organizationId: 'operators',
  address: '127.0.0.1',
  requestId: 'request-1',
}
const partner = { id: '11111111-1111-4111-8111-111111111111', name: 'Seller' }
const acme = { slug: 'acme', name: 'Acme', capabilities: { allowMarketplaceLedKyc: true } }

/** @param open opens an empty store; it is closed after the test. */
export function testStoreContract(
  name: string,
  open: (t: TestContext) => Promise<Store>,
  { skip = false }: { skip?: string | false } = {},
): void {
  function storeTest(title: string, body: (given: Given) => Promise<void>): void {
    test(`${name}: ${title}`, { skip }, async (t) => {
      const store = await open(t)
      t.after(() => store.close())
      await body(await given(store))
    })
  }

  storeTest('an organization is read as it was created', async ({ organizationOf, anOrganization }) => {
    const id = await anOrganization()
    assert.deepEqual((await organizationOf(id)).capabilities, { allowMarketplaceLedKyc: true })
  })

  storeTest('a client is read with its scopes, its lifetime and the digest of its secret', async ({ aClient, restarted, cache }) => {
    const { clientId } = await aClient()
    const client = (await (await restarted()).readClient('nt24-idp', clientId)).client!
    const stored = await cache.readClient('nt24-idp', clientId)
    stored.remember()
    assert.deepEqual([stored.client, cache.findClient('nt24-idp', clientId)], [client, client])
    assert.deepEqual([client.scopes, client.accessTokenLifetime, client.enabled], [['profile', 'email'], null, true])
    assert.equal(Buffer.from(client.secrets[0]!.digest).length, 32)
  })

  storeTest('the cached digest of a client retains little other memory', async ({ aClient, restarted }) => {
    const { clientId } = await aClient()
    const [secret] = (await (await restarted()).readClient('nt24-idp', clientId)).client!.secrets
    assert.ok(secret!.digest.buffer.byteLength <= 4096)
  })

  storeTest(
    'changes to an organization and to a client are kept',
    async ({ organizationOf, anOrganization, aClient, apply, restarted }) => {
      const id = await anOrganization()
      const { clientId } = await aClient()
      await apply((change) => updateOrganization(change, realm, id, { name: 'New', status: 'suspended' }))
      await apply((change) => updateClient(change, realm, clientId, { enabled: false, scopes: [] }))
      const after = await restarted()
      const { name, status } = await organizationOf(id)
      const client = (await after.readClient('nt24-idp', clientId)).client!
      assert.deepEqual([name, status, client.enabled, client.scopes], ['New', 'suspended', false, []])
    },
  )

  storeTest('partners, requestors and DPA acceptances belong to their organization', async ({ organizationOf, anOrganization, apply }) => {
    const id = await anOrganization()
    await apply((change) => authorizePartner(change, realm, id, partner))
    await apply((change) => authorizePartner(change, realm, id, partner))
    await apply((change) => createRequestor(change, realm, id, { permissions: ['payments:create'] }))
    await apply((change) => acceptDpa(change, realm, id, { version: '2025-01', acceptedBy: 'Ada' }))
    const after = await organizationOf(id)
    assert.deepEqual(after.partners, { total: 1, list: [partner] })
    assert.deepEqual(
      after.requestors.list?.map(({ permissions }) => permissions),
      [['payments:create']],
    )
    assert.equal(after.acceptance?.version, '2025-01')
  })

  storeTest('a withdrawn partner is removed, and cannot be withdrawn twice', async ({ organizationOf, anOrganization, apply }) => {
    const id = await anOrganization()
    await apply((change) => authorizePartner(change, realm, id, partner))
    await apply((change) => withdrawPartner(change, realm, id, partner.id))
    assert.deepEqual((await organizationOf(id)).partners, { total: 0, list: [] })
    await assert.rejects(
      apply((change) => withdrawPartner(change, realm, id, partner.id)),
      /not found/i,
    )
  })

  storeTest('two concurrent changes to capabilities are both kept', async ({ organizationOf, anOrganization, apply }) => {
    const id = await anOrganization()
    const set = (capabilities: Record<string, boolean | string>) =>
      apply((change) => updateOrganization(change, realm, id, { capabilities }))
    await Promise.all([set({ allowMarketplaceLedKyc: false }), set({ rateLimitTier: 'standard' })])
    assert.deepEqual((await organizationOf(id)).capabilities, { allowMarketplaceLedKyc: false, rateLimitTier: 'standard' })
  })

  storeTest('of ten clients created concurrently with the same id exactly one is stored', async ({ anOrganization, apply }) => {
    const body = createBody.parse({ organization: await anOrganization(), name: 'Backend', clientId: 'same' })
    const attempts = Array.from({ length: 10 }, () => apply((change) => createClient(change, realm, pepper, body)))
    assert.equal((await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled').length, 1)
  })

  storeTest('a change writes its events in the order of its records, and numbers its changes without a gap', async ({ apply, store }) => {
    const subject = { realm: 'nt24-idp', organizationId: 'acme' }
    const step = (number: number) => ({ step: number }) as never
    await apply(async ({ record }) => {
      record({ subject, changed: 'rights', detail: step(1) })
      record({ subject: { ...subject, clientId: 'backend' }, changed: 'client', detail: step(2), kind: 'clients.update' })
      record({ subject: { ...subject, organizationId: 'beta' }, changed: 'rights', detail: step(3) })
      record({ subject, changed: 'nothing', detail: step(4) })
    })
    const events = await store.db.selectFrom('audit_events').select(['kind', 'client_id', 'detail']).orderBy('id').execute()
    assert.deepEqual(
      events.map(({ kind, detail }) => [kind, (JSON.parse(detail) as { step: number }).step]),
      [
        ['organizations.update', 1],
        ['clients.update', 2],
        ['organizations.update', 3],
        ['organizations.update', 4],
      ],
    )
    const { value } = await store.db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()
    const changes = await store.db.selectFrom('changes').selectAll().where('number', '>', 0).orderBy('number').execute()
    assert.deepEqual(
      changes.map(({ number, organization_id, what, subject }) => [number, organization_id, what, subject]),
      [
        [1, 'acme', 'rights', null],
        [2, 'acme', 'client', 'backend'],
        [3, 'beta', 'rights', null],
      ],
    )
    assert.equal(value, 3)
    assert.equal(new Set(changes.map(({ identity }) => identity)).size, 3)
  })

  storeTest('a partner that many organizations lose is one row of the realm, and of few a row for each', async ({ apply, store }) => {
    for (const [count, rows] of [
      [3, 3],
      [101, 1],
    ] as const) {
      const ids = await apply(async (change) => {
        const created: string[] = []
        for (let i = 0; i < count; i++) {
          const id = await createOrganization(change, realm, { ...acme, slug: `acme-${count}-${i}` })
          await authorizePartner(change, realm, id, partner)
          created.push(id)
        }
        return created
      })
      const before = (await store.db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()).value
      await apply((change) => deletePartner(change, realm, partner.id, { force: true }))
      const changes = await store.db.selectFrom('changes').select('organization_id').where('number', '>', before).execute()
      assert.deepEqual(new Set(changes.map(({ organization_id }) => organization_id)), new Set(rows === 1 ? [null] : ids))
      assert.equal(changes.length, rows)
    }
  })

  storeTest('a change that fails leaves nothing behind, not even its audit event', async ({ anOrganization, apply, store }) => {
    const failing = apply(async (change) => {
      await createOrganization(change, realm, { ...acme, slug: 'half' })
      throw new Error('power cut')
    })
    await assert.rejects(failing, /power cut/)
    await anOrganization()
    assert.deepEqual(
      (await store.db.selectFrom('organizations').select('slug').execute()).map(({ slug }) => slug),
      ['acme'],
    )
    assert.equal((await store.db.selectFrom('audit_events').selectAll().execute()).length, 1)
  })

  storeTest('a change is audited in its own transaction, with actor, kind and time', async ({ anOrganization, store }) => {
    const id = await anOrganization()
    const [event] = await store.db.selectFrom('audit_events').selectAll().execute()
    assert.deepEqual([event?.kind, event?.realm, event?.request_id, event?.at], ['organizations.update', 'nt24-idp', 'request-1', 1000])
    assert.deepEqual(
      [event?.actor_kind, event?.actor_id, event?.actor_realm, event?.actor_via],
      ['operator', 'operator', 'operators', 'api'],
    )
    assert.deepEqual((JSON.parse(event!.detail) as { by: unknown }).by, { realm: 'operators', client: 'operator' })
    assert.equal(event?.organization_id, id)
  })

  storeTest('a change without a subject is a programming error', async ({ apply }) => {
    await assert.rejects(
      apply(async () => {}),
      TypeError,
    )
  })

  storeTest('audit events are written in order, in batches, whatever they contain', async ({ store }) => {
    const audit = createAuditLog({
      writeToStore: createEventWriter(store.tokenPool),
      chain: createAuditChain(createNodeName(), createAuditMac({ pepper })),
      clock: () => 1,
      onFailure: assert.fail,
    })
    const reasons = Array.from({ length: 100 }, (_, i) => `reason "${i}" \\ ' ä \u0001`)
    await Promise.all(reasons.map((reason) => audit.append({ kind: 'request', outcome: 'refused', reason })))
    await audit.close()
    const events = await store.db.selectFrom('audit_events').selectAll().orderBy('id').execute()
    assert.deepEqual(
      events.map(({ reason }) => reason),
      reasons,
    )
    assert.deepEqual([events[0]!.client_id, events[0]!.detail], [null, '{}'])
  })

  storeTest(
    'a batch that was stored in part is stored as a whole, with and without actors, and its stored rows stay as they are',
    async ({ store }) => {
      const write = createEventWriter(store.tokenPool)
      const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
      const token = () => chain.stamp({ kind: 'token.request', outcome: 'success' }, 1000)
      const change = () =>
        chain.stamp({ kind: 'request', outcome: 'success', actor: { kind: 'operator', id: 'ops', realm: 'operators', via: 'api' } }, 1000)
      const rows = [token(), token(), change(), token(), change()]
      await write([rows[1]!, rows[4]!])
      const again = rows.map((row) => ({ ...row, realm: 'changed' }))
      for (const attempt of [again, again, again.slice(0, 1), again.slice(2, 3)]) await write(attempt)
      const stored = await store.db.selectFrom('audit_events').select(['id', 'realm', 'actor_id', 'layout']).orderBy('id').execute()
      const expected = rows.map(({ id, actor_id = null }, i) => ({ id, realm: i === 1 || i === 4 ? null : 'changed', actor_id, layout: 2 }))
      assert.deepEqual(
        stored.map((row) => Object.assign({}, row)),
        expected.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
      )
    },
  )

  storeTest('two organizations cannot share a slug, two realms can', async ({ anOrganization, apply, store }) => {
    await anOrganization()
    await assert.rejects(anOrganization(), /conflicts with the current state/)
    const id = await apply((change) => createOrganization(change, realms.get('prod')!, { ...acme, capabilities: {} }))
    assert.equal(await findOrganizationId(store.db, 'prod', 'acme'), id)
  })

  storeTest('a statement finds what is in a list of 70,000 texts', async ({ store: { db } }) => {
    const names = ['b', 'it\'s "quoted", \\ and ü', 'not in the list']
    await db
      .insertInto('settings')
      .values(names.map((name) => ({ name, value: '' })))
      .execute()
    const find = async (list: readonly string[]) =>
      (await db.selectFrom('settings').select('name').where('name', 'in', oneOf(db, list)).orderBy('name').execute()).map(
        ({ name }) => name,
      )
    const absent = Array.from({ length: 70_000 }, (_, i) => `absent-${i}`)
    assert.deepEqual(await find([...absent, ...names.slice(0, 2)]), names.slice(0, 2))
    assert.deepEqual(await find([]), [])
  })

  storeTest('the check value of a key ring is stored and compared', async ({ store }) => {
    const silent = { error() {}, warn() {}, info() {} }
    const begin = (pepper: KeyRing) =>
      createKeyRings({ store, node: 'node0001', read: { pepper, keyEncryptionKey: pepper, auditKey: undefined }, log: silent }).begin()
    await begin(pepper)
    await begin(pepper)
    const other = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 2))]]), currentVersion: 1 }
    await assert.rejects(begin(other), /not the one this store was made with/)
  })
}

type Given = Awaited<ReturnType<typeof given>>

async function given(store: Store) {
  const open = async () => {
    const cache = new Cache({ db: store.db, backgroundPool: store.backgroundPool, realms, clock: () => 1000, clientsInMemory: 1000 })
    await cache.load()
    return cache
  }
  const cache = await open()
  const signingKeys = { reload: async () => {}, reloadAll: async () => {} }
  const audit = createAuditLog({
    writeToStore: createEventWriter(store.tokenPool),
    chain: createAuditChain(createNodeName(), createAuditMac({ pepper })),
    clock: () => 1000,
    onFailure: assert.fail,
  })
  const applyChange = createApplyChange({ store, memory: { cache, signingKeys }, audit, clock: () => 1000, ring: createChangeRing() })
  const apply = <T>(work: (change: Change) => Promise<T>) => applyChange(actor, 'organizations.update' as ChangeKind, work)
  const anOrganization = () => apply((change) => createOrganization(change, realm, acme))

  return {
    store,
    cache,
    apply,
    anOrganization,
    async organizationOf(id: string) {
      return (await readOrganization(store.db, id))!
    },
    async aClient() {
      const organization = (await findOrganizationId(store.db, 'nt24-idp', 'acme')) ?? (await anOrganization())
      return apply((change) => createClient(change, realm, pepper, createBody.parse({ organization, name: 'Backend' })))
    },
    /** The cache of a server that starts now. */
    restarted: open,
  }
}
