// Fills an audit log with as many events as a busy server writes in days, each with its number, MAC and seal, so that the log verifies and
// a part of it can be archived. Tokens, refusals and changes are mixed as in use, by a fixed pattern.
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { createAuditChain } from '../../src/audit/events/audit-chain.ts'
import { createAuditMac } from '../../src/audit/events/audit-mac.ts'
import type { EventRow } from '../../src/audit/events/event-row.ts'
import { sealIntervalMs, type SealRow } from '../../src/audit/seals/seal-events.ts'
import { createEventWriter } from '../../src/audit/write-events.ts'
import { openStore } from '../../src/store/store.ts'
import { createNodeName, createRequestIds } from '../../src/node-ids.ts'
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
  /** Default: 60,000 events of one minute in the middle, if there are enough. */
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
  const { location, events, days, nodes = 3, busyMinute = Math.min(60_000, Math.floor(events / 10)), onProgress } = options
  const pepper = await readKeyRing('secret pepper', `file:${options.pepper}`)
  const auditKey = await readKeyRing('audit key', `file:${options.auditKey}`)
  const store = await openStore(location, { answerMilliseconds: 600_000 })
  const write = createEventWriter(store.db)
  const to = Date.now()
  const from = to - days * 86_400_000
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
  } finally {
    await store.close()
  }
  return { from, to, requests: found, callerRequests, ...filledSubjects }

  function note(sort: 'token' | 'refusal' | 'change', isBusy: boolean, { request_id: id, caller_request_id: callerId }: EventRow): void {
    const list = found[isBusy ? 'busy' : sort]
    if (list.length < samples * 10) list.push(id!)
    else list[Math.floor((list.length * (now - from)) / (to - from + 1000))] = id!
    if (sort === 'change' && callerId && callerRequests.length < samples) callerRequests.push(callerId)
  }
}

/** Even, but for one minute in the middle with many more. */
function spread(from: number, to: number, events: number, busyMinute: number) {
  const step = (to - from) / (events - busyMinute)
  const busyFrom = Math.floor((events - busyMinute) / 2)
  return (i: number) => {
    const isBusy = i >= busyFrom && i < busyFrom + busyMinute
    const even = Math.min(i, busyFrom) + Math.max(0, i - busyFrom - busyMinute)
    const at = Math.floor(from + even * step + (isBusy ? ((i - busyFrom) * 60_000) / busyMinute : 0))
    return { at, isBusy }
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
