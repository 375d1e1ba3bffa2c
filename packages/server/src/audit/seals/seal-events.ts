// Seals: from time to time a row says up to which number this node has stored all events, and which numbers stayed empty.
// Seals of a node are a chain: each MAC is over the one before, so none can be taken out of the middle; and the first of a node
// names the last ones of the nodes before it, so no run and no end of one can be taken out once another has begun. That first one
// is stored before the first event, so that events of a node without seals show that seals were taken out.
import { sql, type Insertable, type Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditChain } from '../events/audit-chain.ts'

export interface EventSealer {
  /** Seals what there is. The first call stores the node's first seal and must have resolved before the first event is written. */
  seal(): Promise<void>
  /** When it was last found or made true that all stored events are sealed; at the latest when the sealer was made. */
  sealedAt(): number
  /** Seals what there is, a last time. */
  close(): Promise<void>
}

export interface SealOptions {
  readonly db: Kysely<Schema>
  readonly chain: AuditChain
  readonly clock: Clock
  /** Told of every seal, once it is stored; the next one waits for it. Must not fail. */
  readonly onSealed?: (seal: SealRow) => Promise<void>
  readonly onFailure: (error: Error) => void
}

export type SealRow = Insertable<Schema['audit_seals']>

/** Of a node that runs, what could be taken from the end of the log without being noticed is younger than this. Milliseconds. */
const sealIntervalMs = 10_000

export function createEventSealer({ db, chain, clock, onSealed, onFailure }: SealOptions): EventSealer {
  /** Of the last seal; the first, number 0, seals no events but names the last seals of other nodes. */
  let number = -1
  let sealedUpTo = 0
  let before = ''
  let running = Promise.resolve()
  let sealedAt = clock()
  /** Whether it is stored is not known: it must get there as it is, or the next would be over a seal that nobody has. */
  let unconfirmed: SealRow | undefined

  async function sealOnce(): Promise<void> {
    if (unconfirmed) await store(unconfirmed)
    if (number < 0) await sealWith(0, await findUnnamedSeals(db, chain.node))
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

/** A seal of another node, by which that node's chain is tied to this one. */
export type NamedSeal = readonly [node: string, number: number]

/** The last seals of other nodes, as far as no first seal names them yet: whoever removes one of these has to remove this, too. */
async function findUnnamedSeals(db: Kysely<Schema>, self: string): Promise<NamedSeal[]> {
  // From node to node by the primary key: a start waits for this, and of each node there are thousands of seals a day.
  const { rows } = await sql<{ node: string; last: number; named: string | null }>`
    with recursive nodes (node) as (
      select min(node) from audit_seals
      union all
      select (select min(node) from audit_seals where node > nodes.node) from nodes where node is not null
    )
    select node, (select max(number) from audit_seals where node = nodes.node) as last,
      (select skipped from audit_seals where node = nodes.node and number = 0) as named
    from nodes where node is not null`.execute(db)
  const named = new Set(rows.flatMap((row) => parseNamedSeals(row.named ?? '[]').map(String)))
  return rows.map(({ node, last }): NamedSeal => [node, last]).filter((seal) => seal[0] !== self && !named.has(String(seal)))
}

/** What the first seal of a node lists. */
export function parseNamedSeals(text: string): readonly NamedSeal[] {
  return parseList(text).filter((entry): entry is NamedSeal => Array.isArray(entry))
}

/** What the others list. */
export function parseSkippedNumbers(text: string): readonly number[] {
  return parseList(text).filter((entry) => typeof entry === 'number')
}

/** Nothing where somebody altered it: the MAC tells of that, and no server must be kept from starting. */
function parseList(text: string): readonly unknown[] {
  try {
    const entries: unknown = JSON.parse(text)
    return Array.isArray(entries) ? entries : []
  } catch {
    return []
  }
}
