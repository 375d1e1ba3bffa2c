// The rotation on a store without a server around it: each node has what it read, and learns of the others only by reading again.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { createApplyChange } from '../change/apply-change.ts'
import { parseConfiguration } from '../configuration/configuration.ts'
import { createKeyRow } from '../keys/create-keys.ts'
import { openSigningKeys } from '../keys/realm-keys.ts'
import { openStore } from '../store/store.ts'
import { createKeyRotation } from './rotate-signing-keys.ts'

const day = 86_400_000
const ring = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }

function realmsWith(count: number, settings: object = {}) {
  const realm = (name: string) => ({
    issuer: `/${name}`,
    tokenEndpoint: `/${name}/t`,
    audience: 'a',
    signingAlgorithm: 'EdDSA',
    ...settings,
  })
  const names = Array.from({ length: count }, (_, number) => `realm-${number}`)
  return parseConfiguration(JSON.stringify({ realms: Object.fromEntries(names.map((name) => [name, realm(name)])) }), '/').realms
}

interface Options {
  readonly realms?: number
  readonly settings?: object
}

async function start(t: TestContext, { realms: count = 1, settings }: Options = {}) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  let now = 1000 * day
  const clock = () => now
  const realms = realmsWith(count, settings)
  const events: string[] = []
  const log: { readonly message: string; readonly details: unknown }[] = []

  /** A node that has just started. @param failsAt the audit event at which its transactions fail, as if it was killed in the first of them */
  async function aNode({ failsAt = Infinity, of = realms, leaseMs = 0 } = {}) {
    const signingKeys = await openSigningKeys({ store, realms: of, ring, clock, onDamage: () => {} })
    const cache = {
      forgetClient: () => {},
      forgetRights: () => {},
      forgetOrganization: () => {},
      forgetRealm: async () => {},
      forgetClaimSets: async () => {},
      forgetAll: async () => {},
    }
    let recorded = 0
    const audit = {
      async record(_db: unknown, { kind }: { kind: string }) {
        if (++recorded >= failsAt) throw new Error('killed')
        return (committed: boolean) => void (committed && events.push(kind))
      },
    }
    const applyChange = createApplyChange({
      store,
      memory: { cache, signingKeys },
      audit,
      clock,
      ring: { append: () => {}, announce: () => {} },
    })
    const warn = (details: unknown, message?: string) => void log.push({ details, message: message ?? '' })
    const keyContext = { ring, leaseMs }
    const rotation = createKeyRotation({ realms: of, signingKeys, keyContext, applyChange, clock, now: clock, log: { warn } })
    const keys = () => signingKeys.of('realm-0')
    return {
      run: rotation.run,
      warning: rotation.warning,
      signing: () => keys().active(null)?.kid,
      published: () =>
        keys()
          .published()!
          .map(({ kid }) => kid),
      reload: () => signingKeys.reloadAll(),
    }
  }
  const states = async () => {
    const rows = await store.db.selectFrom('signing_keys').select(['state', 'algorithm']).orderBy('created_at').execute()
    return rows.map(({ state }) => state)
  }
  return { store, aNode, states, events, log, advance: (milliseconds: number) => void (now += milliseconds), clock }
}

test('abuse 195: after the clock jumps 90 days ahead each step is taken once', async (t) => {
  const { aNode, states, events, advance } = await start(t)
  const node = await aNode()
  await node.run()
  const first = node.signing()
  assert.deepEqual([await states(), events], [['active', 'staged'], ['signingKeys.stage']])
  await node.run()
  advance(90 * day)
  for (let run = 1; run <= 3; run++) await node.run()
  assert.deepEqual(events.slice(1), ['signingKeys.activate', 'signingKeys.stage'])
  assert.notEqual(node.signing(), first)
  advance(day)
  for (let run = 1; run <= 3; run++) await node.run()
  assert.deepEqual(events.slice(3), ['signingKeys.retire'])
  assert.deepEqual(await states(), ['retired', 'active', 'staged'])
})

test('abuse 196: in years of rotation the key that signs was published by every node a day before, and tokens of the one before are accepted', async (t) => {
  const { aNode, advance } = await start(t)
  const node = await aNode()
  let [yesterday, signed] = [node.published(), node.signing()!]
  const keys = new Set<string>()
  for (let passed = 0; passed < 800; passed++) {
    await node.run()
    advance(day)
    await node.run()
    const signing = node.signing()!
    if (signing !== signed) assert.ok(yesterday.includes(signing), 'a verifier that read the keys a day ago knows the key')
    assert.ok(node.published().includes(signed), 'tokens of the key before are accepted')
    ;[yesterday, signed] = [node.published(), signing]
    keys.add(signing)
  }
  assert.equal(keys.size, 9)
})

test('abuse 200: of three nodes that run at once one takes each step, and the others notice', async (t) => {
  const { aNode, states, events, advance, log } = await start(t)
  const nodes = [await aNode(), await aNode(), await aNode()]
  const runAll = () => Promise.all(nodes.map(({ run }) => run()))
  const readAll = () => Promise.all(nodes.map(({ reload }) => reload()))
  await runAll()
  assert.deepEqual([await states(), events.length], [['active', 'staged'], 1])
  advance(90 * day)
  await readAll()
  await runAll()
  assert.deepEqual([events.length, log], [2, []])
  await readAll()
  assert.equal(new Set(nodes.map(({ signing }) => signing())).size, 1)
})

test('abuse 200: nodes that are killed in or after every step leave the rest to the next one', async (t) => {
  const { aNode, states, events, advance } = await start(t)
  const seen: string[] = []
  for (let life = 0; life < 8; life++) {
    const dying = await aNode({ failsAt: 1 })
    const before = await states()
    await dying.run()
    assert.deepEqual(await states(), before, 'a step that does not commit leaves nothing')
    const node = await aNode({ failsAt: 2 })
    await node.run()
    assert.ok(node.signing())
    seen.push((await states()).join(' '))
    if (life % 2 === 1) advance(90 * day)
  }
  assert.deepEqual(seen, [
    'active staged',
    'active staged',
    'retiring active',
    'retiring active staged',
    'retiring retiring active',
    'retired retiring active',
    'retired retired active',
    'retired retired active staged',
  ])
  assert.equal(events.length, 7)
})

test('abuse 207: a new algorithm is a rotation: it is staged, signs a day later, and the old key retires and ends', async (t) => {
  const { aNode, events, advance, states } = await start(t)
  const before = await aNode()
  await before.run()
  const changed = { of: realmsWith(1, { signingAlgorithm: 'ES256' }) }
  const node = await aNode(changed)
  const old = node.signing()
  assert.equal(old, before.signing())
  await node.run()
  advance(day - 1)
  await node.run()
  assert.equal(node.signing(), old)
  advance(1)
  await node.run()
  await before.reload()
  assert.notEqual(node.signing(), old)
  assert.equal(before.signing(), old, 'a node with the configuration before goes on')
  assert.ok(before.published().includes(node.signing()!))
  advance(day)
  await node.run()
  advance(2 * day)
  await node.run()
  assert.deepEqual(events, [
    'signingKeys.stage',
    'signingKeys.stage',
    'signingKeys.activate',
    'signingKeys.retire',
    'signingKeys.stage',
    'signingKeys.retire',
  ])
  assert.deepEqual((await states()).toSorted(), ['active', 'retired', 'staged', 'staged'])
})

test('abuse 201: a key that should have been replaced long ago signs on, and the log says so once a day', async (t) => {
  const { store, aNode, advance, log } = await start(t, { settings: { signingKeys: { rotateEvery: 'none' } } })
  const node = await aNode()
  await node.run()
  advance(401 * day)
  for (const hours of [0, 12, 12]) {
    advance(hours * 3_600_000)
    await node.run()
  }
  assert.equal(log.length, 2)
  assert.match(log[0]!.message, /older than it should become; it signs on/)
  assert.ok(node.signing())
  assert.equal((await store.db.selectFrom('signing_keys').select('kid').execute()).length, 2)
})

test('a realm in which no key may sign yet is a warning, and a line in the log', async (t) => {
  const { aNode, store, log, advance } = await start(t)
  const node = await aNode({ leaseMs: 300_000 })
  await node.run()
  await store.db.updateTable('signing_keys').set({ state: 'compromised', wrapped_private_key: '' }).where('state', '=', 'active').execute()
  for (let read = 1; read <= 2; read++) await node.reload()
  assert.equal(log.length, 1)
  assert.match(log[0]!.message, /token requests get 503 until then/)
  assert.match(node.warning()!, /no key of the realm "realm-0" may sign by EdDSA before \S+Z/)
  advance(day)
  await node.run()
  assert.deepEqual([node.warning(), log.length], [undefined, 1])
})

test('a realm for which no key can be staged is a warning until one can', async (t) => {
  const { aNode, store, log, events } = await start(t, { realms: 5 })
  const node = await aNode()
  assert.equal(node.warning(), undefined)
  const refuse = `create trigger refuse before insert on signing_keys begin select raise(abort, 'the disk is full'); end`
  await sql.raw(refuse).execute(store.db)
  await node.run()
  assert.equal(log.length, 3, 'a store that refuses is not asked for every realm')
  assert.match(node.warning() ?? '', /^no signing key can be staged for the realm "realm-0", and for 2 more realms: .*the disk is full/)
  await sql`drop trigger refuse`.execute(store.db)
  await node.run()
  assert.deepEqual([node.warning(), events.length], [undefined, 5])
})

test('abuse 203: a damaged key in reserve is passed over, and without another one the key before signs on', async (t) => {
  const { aNode, advance, store, log, states, clock } = await start(t)
  const node = await aNode()
  await node.run()
  const first = node.signing()
  await store.db.updateTable('signing_keys').set({ wrapped_private_key: 'no' }).where('state', '=', 'staged').execute()
  advance(90 * day)
  await node.run()
  assert.deepEqual([node.signing(), log.length, await states()], [first, 1, ['active', 'staged']])
  const other = await createKeyRow('realm-0', 'EdDSA', ring, clock())
  await store.db.insertInto('signing_keys').values(other).execute()
  advance(day)
  await node.reload()
  await node.run()
  assert.equal(node.signing(), other.kid)
})

test('abuse 195: the first reserves of many realms are staged in bounded portions', async (t) => {
  const { aNode, events } = await start(t, { realms: 250 })
  const node = await aNode()
  await node.run()
  assert.equal(events.length, 200)
  await node.run()
  assert.equal(events.length, 250)
})
