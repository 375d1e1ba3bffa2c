import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Realm } from '../realms/realm.ts'
import type { PlacedChange } from '../store/change-log.ts'
import { createChangeFeed, maxChangesSent, type FeedOptions } from './change-feed.ts'
import { createChangeRing } from './change-ring.ts'

const realm = {
  name: 'prod',
  issuer: 'https://id.example',
  tokenProfile: 'keycloak',
  tokensNotBefore: 0,
  rateLimitTiers: {},
  apis: new Map(),
} as unknown as Realm

function change(number: number, more: Partial<PlacedChange> = {}): PlacedChange {
  const of = { realm: 'prod', organizationId: 'acme', what: 'client', subject: 'backend', clientId: `client-${number}` }
  return { number, identity: `change ${number}`, ...of, ...more }
}

/** Nodes over one store, each with what it has applied. */
function aNode(shared?: FeedOptions['shared']) {
  const ring = createChangeRing()
  ring.reset({ number: 10, identity: 'change 10' })
  const facts = { database: 'a database', dpaVersion: '2026-01' as string | null }
  const options = { ring, cache: { requiredDpaVersion: () => facts.dpaVersion }, database: () => facts.database }
  return { ring, facts, feed: createChangeFeed({ ...options, ...(shared && { shared }) }) }
}

test('fault 5.1: a cursor of one node is understood by another, which may know more or less', async () => {
  const one = aNode()
  const isPulled = Promise.withResolvers<void>()
  const other = aNode({
    ageSeconds: () => 3,
    pull: async () => (other.ring.append([change(11), change(12)]), isPulled.resolve()),
  })
  one.ring.append([change(11), change(12)])
  const { cursor } = await one.feed.changesSince(realm, undefined)
  const fromOther = await other.feed.changesSince(realm, cursor) // It reads the log first, because the guard knows more.
  await isPulled.promise
  assert.deepEqual([fromOther.changes, fromOther.asOf.revision, fromOther.asOf.ageSeconds], [[], 12, 3])
  other.ring.append([change(13)])
  assert.deepEqual((await other.feed.changesSince(realm, cursor)).changes, [
    { what: 'client', organizationId: 'acme', clientId: 'client-13' },
  ])
})

test('a guard that knows more than a node that cannot read its store is not told to forget it', async () => {
  const ahead = aNode()
  ahead.ring.append([change(11)])
  const { cursor } = await ahead.feed.changesSince(realm, undefined)
  const cutOff = aNode({ ageSeconds: () => 20, pull: () => Promise.reject(new Error('connection refused')) })
  await assert.rejects(cutOff.feed.changesSince(realm, cursor), /connection refused/)
})

test('everything may have changed in another history, another database, or by another configuration or agreement', async () => {
  const node = aNode()
  node.ring.append([change(11)])
  const { cursor } = await node.feed.changesSince(realm, undefined)
  assert.deepEqual((await node.feed.changesSince(realm, cursor)).changes, [])
  const tiers = { ...realm, rateLimitTiers: { standard: { requests: 1, per: 1 } } } as unknown as Realm
  assert.equal((await node.feed.changesSince(tiers, cursor)).changes, null)
  node.facts.dpaVersion = '2026-02'
  assert.equal((await node.feed.changesSince(realm, cursor)).changes, null)
  node.facts.dpaVersion = '2026-01'
  node.facts.database = 'a database after a failover'
  assert.equal((await node.feed.changesSince(realm, cursor)).changes, null)
  node.facts.database = 'a database'
  assert.deepEqual((await node.feed.changesSince(realm, cursor)).changes, [])
  node.ring.reset({ number: 10, identity: 'change 10' })
  node.ring.append([change(11, { identity: 'of another history' }), change(12)])
  assert.equal((await node.feed.changesSince(realm, cursor)).changes, null)
})

test('repeated changes are told once, and too many as one', async () => {
  const { ring, feed } = aNode()
  const { cursor } = await feed.changesSince(realm, undefined)
  const many = Array.from({ length: maxChangesSent }, (_, i) => change(11 + i))
  ring.append([...many, change(11 + many.length, { clientId: 'client-11' })])
  assert.equal((await feed.changesSince(realm, cursor)).changes?.length, maxChangesSent)
  ring.append([change(12 + many.length)])
  assert.equal((await feed.changesSince(realm, cursor)).changes, null)
})

test('a key that must not be used any more is named; other changes of keys have no id', async () => {
  const { ring, feed } = aNode()
  const { cursor } = await feed.changesSince(realm, undefined)
  const ofKeys = { organizationId: null, what: 'keys', clientId: null }
  ring.append([
    change(11, { ...ofKeys, subject: null }),
    change(12, { ...ofKeys, subject: 'a kid' }),
    change(13, { ...ofKeys, subject: null }),
  ])
  assert.deepEqual((await feed.changesSince(realm, cursor)).changes, [
    { what: 'keys', organizationId: null, clientId: null },
    { what: 'keys', organizationId: null, clientId: null, keyId: 'a kid' },
  ])
})

test('abuse 132: changes of clients with long names are sent as long as a guard reads the event that has them', async () => {
  const node = aNode()
  const { cursor } = await node.feed.changesSince(realm, undefined)
  const named = (number: number) => change(number, { clientId: `${'\u{1f511}'.repeat(250)} ${number}` })
  node.ring.append(Array.from({ length: 100 }, (_, index) => named(11 + index)))
  assert.equal((await node.feed.changesSince(realm, cursor)).changes?.length, 100)
  node.ring.append(Array.from({ length: 800 }, (_, index) => named(111 + index)))
  assert.equal((await node.feed.changesSince(realm, cursor)).changes, null)
})
