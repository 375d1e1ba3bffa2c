// Fills an audit log with as many events as a busy server writes in days, each with its number, MAC and seal, so that the log verifies and
// a part of it can be archived. Tokens, refusals and changes are mixed as in use, by a fixed pattern.
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { createAuditChain } from '../../src/audit/events/audit-chain.ts'
import { createAuditMac } from '../../src/audit/events/audit-mac.ts'
import type { EventRow } from '../../src/audit/events/event-row.ts'
import { sealIntervalMs, type SealRow } from '../../src/audit/seals/seal-events.ts'
import { createEventWriter } from '../../src/audit/write-events.ts'
import { sql, type Kysely } from 'kysely'
import { isPostgres } from '../../src/store/dialects.ts'
import { auditIndexes } from '../../src/store/migration-021.ts'
import type { Schema } from '../../src/store/schema.ts'
import { openStore } from '../../src/store/store.ts'
import { createNodeName, createRequestIds, idFrom, instantOf } from '../../src/node-ids.ts'
import { eventOf, filledSubjects } from './filled-events.fixture.ts'

export interface FillAuditLogOptions {
  /** Location in the form of the configuration. */
  readonly location: string
  /** Files of the key rings. */
  readonly pepper: string
  readonly auditKey: string
  readonly events: number
  /** The time over which the events are spread, which ends now. */
  readonly days: number
  /** Default: 3. */
  readonly nodes?: number
  /**
   * How often the events are copied by the database, which is several times as fast: the times after the first are copies of it, with MACs
   * that do not match. Default: 0.
   */
  readonly copies?: number
  /** Default: 60,000 events of one minute in the middle of each time, if there are enough. */
  readonly busyMinute?: number
  readonly onProgress?: (events: number) => void
}

export interface FilledAuditLog {
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  /** Request ids of events of each sort, spread over the log; those of the busy minute apart. */
  readonly requests: Readonly<Record<'token' | 'refusal' | 'change' | 'busy', readonly string[]>>
  /** Ids that callers sent with changes. */
  readonly callerRequests: readonly string[]
  readonly organizations: readonly string[]
  readonly clients: readonly string[]
  readonly operators: readonly string[]
}

const batch = 5000
const samples = 50

export async function fillAuditLog(options: FillAuditLogOptions): Promise<FilledAuditLog> {
  const { location, days, nodes = 3, copies = 0, onProgress } = options
  const events = Math.ceil(options.events / (copies + 1))
  const { busyMinute = Math.min(60_000, Math.floor(events / 10)) } = options
  const pepper = await readKeyRing('secret pepper', `file:${options.pepper}`)
  const auditKey = await readKeyRing('audit key', `file:${options.auditKey}`)
  const store = await openStore(location, { answerMilliseconds: 600_000 })
  const write = createEventWriter(store.db)
  const from = Date.now() - days * 86_400_000
  const span = Math.floor((days * 86_400_000) / (copies + 1))
  const to = from + span
  let now = from
  const writers = Array.from({ length: nodes }, () => {
    const chain = createAuditChain(createNodeName(), createAuditMac({ pepper, auditKey }))
    return { chain, nextRequestId: createRequestIds(chain.node, () => now), seals: createSeals(chain) }
  })
  const found = { token: [] as string[], refusal: [] as string[], change: [] as string[], busy: [] as string[] }
  const callerRequests: string[] = []
  const everyNth = Math.max(1, Math.floor(events / samples / 10))
  const instantAt = spread(from, to, events, busyMinute)
  let sealed: SealRow[] = writers.map(({ seals }) => seals.first(from))

  try {
    for (let done = 0; done < events;) {
      const rows: EventRow[] = []
      for (; rows.length < batch && done < events; done++) {
        const { at, isBusy } = instantAt(done)
        now = at
        const { chain, nextRequestId, seals } = writers[done % nodes]!
        const event = eventOf(done, nextRequestId())
        now = at + 3 // Of a request.
        const row = chain.stamp(event, now)
        chain.markStored(row)
        rows.push(row)
        const seal = seals.after(row, now)
        if (seal) sealed.push(seal)
        if (done % everyNth === 0 || event.sort !== 'token') note(event.sort, isBusy, row)
      }
      await write(rows)
      if (sealed.length > 0) await store.db.insertInto('audit_seals').values(sealed).execute()
      sealed = []
      onProgress?.(done)
    }
    const last = writers.map(({ seals }) => seals.last(to)).filter((seal) => seal !== undefined)
    if (last.length > 0) await store.db.insertInto('audit_seals').values(last).execute()
    for (let copy = 1; copy <= copies; copy++) {
      await copyEvents(store.db, to, copy, span)
      onProgress?.(events * (copy + 1))
    }
    if (isPostgres(store.db)) await sql`vacuum analyze audit_events`.execute(store.db) // As the database does in the background.
  } finally {
    await store.close()
  }
  const shifted = (ids: readonly string[]) => ids.map((id, i) => idFrom(instantOf(id) + (i % (copies + 1)) * span) + id.slice(12))
  const requests = {
    token: shifted(found.token),
    refusal: shifted(found.refusal),
    change: shifted(found.change),
    busy: shifted(found.busy),
  }
  return { from, to: from + span * (copies + 1), requests, callerRequests, ...filledSubjects }

  function note(sort: 'token' | 'refusal' | 'change', isBusy: boolean, { request_id: id, caller_request_id: callerId }: EventRow): void {
    const list = found[isBusy ? 'busy' : sort]
    if (list.length < samples * 10) list.push(id!)
    else list[Math.floor((list.length * (now - from)) / (to - from + 1000))] = id!
    if (sort === 'change' && callerId && callerRequests.length < samples) callerRequests.push(callerId)
  }
}

/** Copies the events before an instant to a later time. */
async function copyEvents(db: Kysely<Schema>, before: number, copy: number, span: number): Promise<void> {
  const hex = (at: ReturnType<typeof sql>) => (isPostgres(db) ? sql`lpad(to_hex(${at}), 12, '0')` : sql`printf('%012x', ${at})`)
  const shift = sql.lit(copy * span)
  await sql`
    insert into audit_events (id, at, kind, outcome, reason, realm, organization_id, client_id, address, request_id, detail, mac, layout,
      actor_kind, actor_id, actor_realm, actor_via, caller_request_id)
    select ${hex(sql`at + ${shift}`)} || substr(id, 13), at + ${shift}, kind, outcome, reason, realm, organization_id, client_id, address,
      ${hex(sql`at - 3 + ${shift}`)} || substr(request_id, 13), detail, mac, layout,
      actor_kind, actor_id, actor_realm, actor_via, caller_request_id || ${sql.lit(`-${copy}`)}
    from audit_events where id < ${idFrom(before)} and request_id is not null and realm = 'partners'
    order by id`.execute(db)
}

/** Even, but for one minute in the middle with many more. Never back in time: an event that is stamped later than its request is not found in copies. */
function spread(from: number, to: number, events: number, busyMinute: number) {
  const busyMs = busyMinute > 0 ? 60_000 : 0
  const step = (to - from - busyMs) / (events - busyMinute)
  const busyFrom = Math.floor((events - busyMinute) / 2)
  return (i: number) => {
    const inMinute = Math.min(Math.max(0, i - busyFrom), busyMinute)
    const at = Math.floor(from + (i - inMinute) * step + (inMinute * busyMs) / Math.max(1, busyMinute))
    return { at, isBusy: i >= busyFrom && i < busyFrom + busyMinute }
  }
}

/** The seals of one node, as seal-events.ts makes them, but written with the events. */
function createSeals(chain: ReturnType<typeof createAuditChain>) {
  let number = -1
  let before = ''
  let sealedAt = 0
  let sealedUpTo = 0
  const seal = (at: number, lastEvent: number): SealRow => {
    const row = { node: chain.node, number: ++number, sealed_at: at, last_event: lastEvent, skipped: '[]' }
    before = chain.mac([...Object.values(row), before])
    sealedAt = at
    sealedUpTo = lastEvent
    return { ...row, mac: before }
  }
  const sealStored = (at: number) => {
    const { lastEvent } = chain.takeSealable()
    return lastEvent === sealedUpTo ? undefined : seal(at, lastEvent)
  }
  return {
    first: (at: number) => seal(at, 0),
    after: (_row: EventRow, at: number) => (at - sealedAt < sealIntervalMs ? undefined : sealStored(at)),
    last: sealStored,
  }
}

/** How long each index of migration 021 takes, as an upgrade builds it. Seconds. */
export async function rebuildAuditIndexes(location: string): Promise<Record<string, number>> {
  const store = await openStore(location, { answerMilliseconds: 3_600_000 })
  const seconds: Record<string, number> = {}
  try {
    for (const [name, what] of Object.entries(auditIndexes)) {
      await sql`drop index ${sql.ref(name)}`.execute(store.db)
      const begunAt = performance.now()
      const concurrently = sql.raw(isPostgres(store.db) ? 'concurrently' : '')
      await sql`create index ${concurrently} ${sql.ref(name)} on audit_events ${what}`.execute(store.db)
      seconds[name] = (performance.now() - begunAt) / 1000
    }
    return seconds
  } finally {
    await store.close()
  }
}
