// Seals: a periodic row that states up to which number this node has stored all events, and which numbers were skipped. The seals of a
// node form a chain: each MAC covers the previous one, so none can be removed from the middle. The first seal of a node names the last
// seals of earlier nodes, and its MAC covers theirs, so no run, and no end of one, can be removed or replaced once another has begun. It is
// stored before the first event, so events of a node without seals show that seals were removed.
import { sql, type Insertable, type Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditChain } from '../events/audit-chain.ts'

export interface EventSealer {
  /** Seals the stored events. The first call stores the node's first seal and must resolve before the first event is written. */
  seal(): Promise<void>
  /** When all stored events were last known to be sealed; initially the creation time of the sealer. */
  sealedAt(): number
  /** Seals the stored events a last time. */
  close(): Promise<void>
}

export interface SealOptions {
  readonly db: Kysely<Schema>
  readonly chain: AuditChain
  readonly clock: Clock
  /** Called with every seal once it is stored; the next seal waits for it. Must not fail. */
  readonly onSealed?: (seal: SealRow) => Promise<void>
  readonly onFailure: (error: Error) => void
}

export type SealRow = Insertable<Schema['audit_seals']>

/** While a node runs, only events younger than this can be cut from the end of the log undetected. Milliseconds. */
export const sealIntervalMs = 10_000

export function createEventSealer({ db, chain, clock, onSealed, onFailure }: SealOptions): EventSealer {
  /** The last seal. The first, number 0, seals no events but names the last seals of other nodes. */
  let number = -1
  let sealedUpTo = 0
  let before = ''
  let running = Promise.resolve()
  let sealedAt = clock()
  /**
   * A seal whose write failed may still have been stored. It is retried unchanged; otherwise the next MAC could cover a seal that is not
   * in the store.
   */
  let unconfirmed: SealRow | undefined

  async function sealOnce(): Promise<void> {
    if (unconfirmed) await store(unconfirmed)
    if (number < 0) {
      const unnamed = await findUnnamedSeals(db, chain.node)
      before = coveredByFirst(unnamed.map(({ mac }) => mac))
      await sealWith(
        0,
        unnamed.map(({ seal }) => seal),
      )
    }
    const now = clock()
    const { lastEvent, skipped } = chain.takeSealable()
    if (lastEvent !== sealedUpTo) await sealWith(lastEvent, skipped)
    sealedAt = now
  }

  async function sealWith(lastEvent: number, skipped: readonly unknown[]): Promise<void> {
    const row = { node: chain.node, number: number + 1, sealed_at: clock(), last_event: lastEvent, skipped: JSON.stringify(skipped) }
    await store((unconfirmed = { ...row, mac: chain.mac([...Object.values(row), before]) }))
  }

  async function store(row: SealRow): Promise<void> {
    await db
      .insertInto('audit_seals')
      .values(row)
      .onConflict((conflict) => conflict.columns(['node', 'number']).doNothing())
      .execute()
    ;[number, sealedUpTo, before] = [row.number, row.last_event, row.mac]
    unconfirmed = undefined
    await onSealed?.(row)
  }

  const seal = (): Promise<void> => (running = running.catch(() => {}).then(sealOnce))
  const timer = setInterval(() => void seal().catch(onFailure), sealIntervalMs).unref()
  return {
    seal,
    sealedAt: () => sealedAt,
    async close() {
      clearInterval(timer)
      await seal().catch(onFailure)
    },
  }
}

/** A seal of another node that this node's first seal names, which ties the two chains together. */
export type NamedSeal = readonly [node: string, number: number]

/** The last seals of other nodes that no first seal names yet. Once named, a seal cannot be removed without the seal that names it. */
async function findUnnamedSeals(db: Kysely<Schema>, self: string): Promise<{ readonly seal: NamedSeal; readonly mac: string }[]> {
  // Steps from node to node by the primary key: the start of the server waits for this, and each node has thousands of seals a day.
  const { rows } = await sql<{ node: string; last: number; mac: string; named: string | null }>`
    with recursive nodes (node) as (
      select min(node) from audit_seals
      union all
      select (select min(node) from audit_seals where node > nodes.node) from nodes where node is not null
    )
    select node, (select max(number) from audit_seals where node = nodes.node) as last,
      (select mac from audit_seals where node = nodes.node order by number desc limit 1) as mac,
      (select skipped from audit_seals where node = nodes.node and number = 0) as named
    from nodes where node is not null`.execute(db)
  const named = new Set(rows.flatMap((row) => parseNamedSeals(row.named ?? '[]').map(String)))
  return rows
    .map(({ node, last, mac }) => ({ seal: [node, last] as const, mac }))
    .filter(({ seal }) => seal[0] !== self && !named.has(String(seal)))
}

/**
 * What the MAC of a first seal covers in place of a previous seal: the MACs of the seals that it names, in the order of its list. So an
 * earlier run cannot be written again under an older key. Empty in first seals of earlier versions.
 */
export function coveredByFirst(macs: readonly string[]): string {
  return macs.join(' ')
}

/** The list in the first seal of a node. */
export function parseNamedSeals(text: string): readonly NamedSeal[] {
  return parseList(text).filter((entry): entry is NamedSeal => Array.isArray(entry))
}

/** The list in every later seal. */
export function parseSkippedNumbers(text: string): readonly number[] {
  return parseList(text).filter((entry) => typeof entry === 'number')
}

/** Empty if the list was altered: its MAC reveals that, and an altered list must not prevent a server from starting. */
function parseList(text: string): readonly unknown[] {
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}
