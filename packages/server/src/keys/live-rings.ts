// The key rings of this node while it runs: they can be read again, and a new version is used for new values only once every running node
// has it (decisions/075). Each node says every few seconds which versions it has.
import type { Kysely } from 'kysely'
import type { Log } from '../log.ts'
import { forgetNode } from '../store/node-clocks.ts'
import { announceKeyRings, forgetSilentKeyRings, readNodeKeyRings, type NodeKeyRing } from '../store/node-key-rings.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { KeyRingError, storedName, type KeyRing, type KeyRingPurpose } from './key-ring.ts'
import { isReadable, readKeyRing } from './read-key-ring.ts'
import { addChecks, checksOf, compareKeyRing, findRingFault, readChecks, type Checks } from './ring-checks.ts'
import { currentOf, findUsableVersions } from './usable-versions.ts'

export interface ConfiguredRings {
  readonly pepper: KeyRing
  readonly keyEncryptionKey: KeyRing
  readonly auditKey: KeyRing | undefined
}

/** What is known of a ring on all nodes. */
export interface RingStanding {
  readonly purpose: KeyRingPurpose
  /** The versions that the store needs. */
  readonly needed: Checks
  readonly own: Checks
  /** This node first. */
  readonly nodes: readonly NodeKeyRing[]
}

/** Each ring is the same object for the life of the server; its versions change. */
export interface KeyRings extends ConfiguredRings {
  /** Before anything else uses the store. @throws KeyRingError if a ring is not that of the store */
  begin(): Promise<void>
  /** Tells the other nodes, and learns which versions are used. Called each time that the store has confirmed a commit; does it now and then. */
  compare(): void
  compareNow(): Promise<void>
  /** Reads the rings again. Never fails: a ring that cannot be used is logged, and the one before stays. */
  reload(): Promise<void>
  /** Why this node must not serve, if a version that the store needs is missing here. */
  failure(): string | undefined
  readStanding(purpose: 'secret pepper' | 'key-encryption key'): Promise<RingStanding>
  close(): Promise<void>
}

export interface KeyRingsOptions {
  readonly store: Store
  readonly node: string
  readonly read: ConfiguredRings
  /** Where each ring is kept, by the member of {@link ConfiguredRings}; without it a ring cannot be read again. */
  readonly locations?: Readonly<Partial<Record<keyof ConfiguredRings, string | undefined>>>
  readonly log: Log
}

const purposes = {
  pepper: 'secret pepper',
  keyEncryptionKey: 'key-encryption key',
  auditKey: 'audit key',
} as const satisfies Record<keyof ConfiguredRings, KeyRingPurpose>

const members = Object.keys(purposes) as (keyof ConfiguredRings)[]

/** A quarter of the time after which a silent node counts as gone. Milliseconds. */
const intervalMs = 5000

type LiveRing = { -readonly [Member in keyof KeyRing]: KeyRing[Member] }

export function createKeyRings({ store, node, read, locations = {}, log }: KeyRingsOptions): KeyRings {
  const live = new Map<KeyRingPurpose, LiveRing>()
  for (const member of members) {
    const ring = read[member]
    if (ring) live.set(purposes[member], { ...ring })
  }
  /** By purpose, what the store needs and this node lacks. */
  const lacking = new Map<KeyRingPurpose, string>()
  let comparedAt = -Infinity
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false
  let reloading: Promise<void> | undefined
  let nextReload: Promise<void> | undefined

  /** One after the other: a comparison must not announce a ring that a reload is replacing. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = last.then(work, work)
    last = next.catch(() => {})
    return next
  }

  const ownChecks = () => new Map([...live].map(([purpose, ring]) => [purpose, checksOf(purpose, ring)] as const))

  const announce = (db: Kysely<Schema>, rings: ReadonlyMap<KeyRingPurpose, Checks>) =>
    announceKeyRings(db, node, new Map([...rings].map(([purpose, checks]) => [storedName(purpose), checks])))
  const readRings = (db: Kysely<Schema>, purpose: KeyRingPurpose) => readNodeKeyRings(db, storedName(purpose))

  function apply(purpose: KeyRingPurpose, needed: Checks): void {
    const ring = live.get(purpose)!
    // The audit log of one run has one key.
    const current = purpose === 'audit key' ? ring.currentVersion : currentOf(ring.versions.keys(), needed)
    if (current !== ring.currentVersion) log.info({ version: current }, `version ${current} of the ${purpose} is used from now on`)
    ring.currentVersion = current
    if (purpose === 'audit key') return
    const fault = findRingFault(purpose, needed, checksOf(purpose, ring))
    if (fault === lacking.get(purpose)) return
    if (fault === undefined) {
      lacking.delete(purpose)
      log.info(`the ${purpose} has every version again that the store needs`)
    } else {
      lacking.set(purpose, fault)
      log.error(`This node is not ready: ${explain(fault)}.`)
    }
  }

  async function begin(): Promise<void> {
    const needed = await store.transact(async (db) => {
      // First, so that of two nodes that start at once the second one sees the first.
      if (store.isShared) await announce(db, ownChecks())
      const found = new Map<KeyRingPurpose, Checks>()
      for (const purpose of Object.values(purposes)) {
        const ring = live.get(purpose)
        await compareKeyRing(db, purpose, ring)
        if (!ring) continue
        const before = await readChecks(db, purpose)
        const own = checksOf(purpose, ring)
        // Nodes do not check what others write into the audit log.
        const usable = purpose === 'audit key' ? own : findUsableVersions(own, before, await readOthers(db, purpose))
        await addChecks(db, purpose, usable)
        found.set(purpose, new Map([...before, ...usable]))
      }
      return found
    })
    for (const [purpose, checks] of needed) {
      const ring = live.get(purpose)!
      ring.currentVersion = currentOf(ring.versions.keys(), checks)
      tellWaiting(purpose, ring)
    }
  }

  function tellWaiting(purpose: KeyRingPurpose, { versions, currentVersion }: KeyRing): void {
    const waiting = [...versions.keys()].filter((version) => version > currentVersion)
    if (waiting.length > 0 && purpose !== 'audit key')
      log.info({ waiting, current: currentVersion }, `a new version of the ${purpose} is not used before every running node has it`)
  }

  async function readOthers(db: Kysely<Schema>, purpose: KeyRingPurpose): Promise<(Checks | undefined)[]> {
    if (!store.isShared) return []
    const rings = await readRings(db, purpose)
    return rings.filter((one) => one.node !== node).map(({ versions }) => versions)
  }

  async function compare(): Promise<void> {
    comparedAt = performance.now()
    const db = store.backgroundPool
    if (store.isShared) {
      await announce(db, ownChecks())
      await forgetSilentKeyRings(db)
    }
    for (const [purpose, own] of ownChecks()) {
      if (purpose === 'audit key') continue
      const needed = await readChecks(db, purpose)
      const isDue = findUsableVersions(own, needed, await readOthers(db, purpose)).size > 0
      apply(purpose, isDue ? await beginUse(purpose, own) : needed)
    }
  }

  /** Changes follow one another, so no node can start without the new version meanwhile. */
  function beginUse(purpose: KeyRingPurpose, own: Checks): Promise<Checks> {
    return store.transact(async (db) => {
      const needed = await readChecks(db, purpose)
      const usable = findUsableVersions(own, needed, await readOthers(db, purpose))
      await addChecks(db, purpose, usable)
      return new Map([...needed, ...usable])
    })
  }

  async function replace(purpose: KeyRingPurpose, read: KeyRing): Promise<void> {
    const ring = live.get(purpose)!
    const before = ring.versions
    // Both, until it is certain which of them this node has announced.
    ring.versions = new Map([...before, ...read.versions])
    try {
      await store.transact(async (db) => {
        await compareKeyRing(db, purpose, read)
        if (store.isShared) await announce(db, new Map([[purpose, checksOf(purpose, read)]]))
      })
    } catch (error) {
      if (error instanceof KeyRingError) ring.versions = before
      throw error
    }
    ring.versions = read.versions
  }

  async function reloadRing(member: keyof ConfiguredRings): Promise<void> {
    const purpose = purposes[member]
    const [location, ring] = [locations[member], live.get(purpose)]
    if (location === undefined || !ring) return
    if (!isReadable(location)) {
      log.info(
        `the ${purpose} is in an environment variable, which is read only when the server starts: restart it to change the ${purpose}`,
      )
      return
    }
    try {
      const read = await readKeyRing(purpose, location)
      await inTurn(() => replace(purpose, read))
    } catch (error) {
      const about = error instanceof KeyRingError ? { reason: error.message } : describeFailure(error)
      log.error(about, `the new ${purpose} was rejected; still using the previous one`)
      return
    }
    log.info({ versions: [...ring.versions.keys()] }, `the ${purpose} was read again`)
  }

  const compareNow = () =>
    inTurn(compare).catch((error: unknown) =>
      log.warn(describeFailure(error), 'key rings could not be compared with other nodes; retrying'),
    )

  async function reloadAll(): Promise<void> {
    for (const member of members) await reloadRing(member)
    await compareNow()
    for (const [purpose, ring] of live) tellWaiting(purpose, ring)
  }

  /** One at a time, and one more for all signals meanwhile: what a slow program printed before must not replace what it prints now. */
  function reload(): Promise<void> {
    if (reloading) return (nextReload ??= reloading.then(reload))
    nextReload = undefined
    reloading = reloadAll().finally(() => (reloading = undefined))
    return reloading
  }

  return {
    pepper: live.get('secret pepper')!,
    keyEncryptionKey: live.get('key-encryption key')!,
    auditKey: live.get('audit key'),
    begin,
    compare() {
      if (!isClosed && performance.now() - comparedAt >= intervalMs) void compareNow()
    },
    compareNow,
    reload,
    failure() {
      const [fault] = lacking.values()
      return fault === undefined ? undefined : explain(fault)
    },
    async readStanding(purpose) {
      const own = checksOf(purpose, live.get(purpose))
      const needed = await readChecks(store.db, purpose)
      const others = store.isShared ? (await readRings(store.db, purpose)).filter((one) => one.node !== node) : []
      return { purpose, needed, own, nodes: [{ node, versions: own }, ...others] }
    },
    async close() {
      isClosed = true
      await last
      if (store.isShared) await forgetNode(store.db, node).catch(() => {}) // After a while it counts as gone anyway.
    },
  }
}

function explain(fault: string): string {
  return `${fault[0]!.toLowerCase()}${fault.slice(1)} on this node. Copy it from a node that has it, then send SIGHUP or restart`
}
