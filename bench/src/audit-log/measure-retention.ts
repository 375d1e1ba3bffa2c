// The time of token requests while the audit events of a day are archived and removed, compared with the same server that does not: in turn,
// each in a process of its own and for the same time after its start. Requests arrive at a fixed rate, and their time counts from when they
// are due.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeyRingFile, createServer, findDueEvents, loadConfiguration } from '@countersign/server'
import { fillAuditLog } from '@countersign/server/store/fill-audit-log.fixture'
import { startPostgres } from '@countersign/server/store/postgres.fixture'
import { median } from '../median.ts'
import { measurePacedLatency, type PacedLatency } from '../peers/paced-latency.ts'
import type { Listening } from '../token/server-process.ts'
import type { StoreKind } from './fill.ts'

export interface RetentionOptions {
  readonly events: number
  readonly tokensPerSecond: number
  readonly rounds: number
  /** Of a turn. */
  readonly seconds: number
}

const dayMs = 86_400_000
const connections = 16
const warmUpSeconds = 10

export async function measureRetention(kind: StoreKind, options: RetentionOptions, say: (progress: string) => void) {
  const store = await aFullDay(kind, options.events, say)
  try {
    const due = await store.countDue()
    const rounds: Round[] = []
    for (let round = 0; round < options.rounds; round++) {
      const without = await measureTurn(store.file, options, false)
      const during = await measureTurn(store.file, options, true)
      rounds.push({ without, during })
      say(`${kind}: p99 ${without.p99Milliseconds.toFixed(1)} ms without, ${during.p99Milliseconds.toFixed(1)} ms meanwhile`)
    }
    const removed = due - (await store.countDue())
    const archived = readdirSync(store.archives).map((file) => statSync(join(store.archives, file)).size)
    const seconds = options.rounds * options.seconds
    const all = (of: keyof Round, figure: keyof PacedLatency) => median(rounds.map((round) => round[of][figure]))
    return {
      kind,
      milliseconds: {
        without: { p50: all('without', 'p50Milliseconds'), p99: all('without', 'p99Milliseconds') },
        during: { p50: all('during', 'p50Milliseconds'), p99: all('during', 'p99Milliseconds') },
      },
      ratioOfP99: median(rounds.map(({ without, during }) => during.p99Milliseconds / without.p99Milliseconds)),
      eventsRemoved: removed,
      eventsPerSecond: removed / seconds,
      hoursForTheDay: due / (removed / seconds) / 3600,
      archives: archived.length,
      archiveBytes: archived.reduce((sum, bytes) => sum + bytes, 0),
      rounds,
    }
  } finally {
    await store.remove()
  }
}

/** A store whose log has one full day (UTC), the last but two. */
async function aFullDay(kind: StoreKind, events: number, say: (progress: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-retention-'))
  for (const ring of ['pepper', 'kek', 'audit-key']) createKeyRingFile(join(folder, ring))
  const archives = join(folder, 'archives')
  mkdirSync(archives)
  const database = kind === 'postgres' ? await startPostgres({ fsync: true }) : undefined
  const location = database?.url ?? `sqlite:${join(folder, 'store.db')}`
  const file = join(folder, 'countersign.yaml')
  const realm = '{ issuer: /realms/partners, tokenEndpoint: /realms/partners/oauth2/token, audience: partners }'
  writeFileSync(
    file,
    `listen: 127.0.0.1:0
store: ${location}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditKey: file:audit-key
logLevel: error
audit: { keep: { tokens: 1d, refusals: 1d }, archive: archives }
realms: { partners: ${realm} }
`,
    { mode: 0o600 },
  )
  await (await createServer({ configuration: loadConfiguration(file), logStream: { write: () => {} } })).close()
  const { now } = Date
  const end = Math.floor(now() / dayMs) * dayMs - dayMs - 1000
  // The log ends at the time of this clock.
  Date.now = () => end
  const begunAt = performance.now()
  const onProgress = (done: number) => {
    if (done % 500_000 === 0) say(`${kind}: ${done} events after ${Math.round((performance.now() - begunAt) / 1000)} s`)
  }
  await fillAuditLog({ location, pepper: join(folder, 'pepper'), auditKey: join(folder, 'audit-key'), events, days: 0.99, onProgress })
  Date.now = now
  say(`${kind}: the log is full`)
  return {
    file,
    archives,
    async countDue(): Promise<number> {
      const due = await findDueEvents(loadConfiguration(file), Date.now())
      return due.reduce((sum, { events: count }) => sum + count, 0)
    },
    async remove() {
      await database?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Round {
  readonly without: PacedLatency
  readonly during: PacedLatency
}

async function measureTurn(file: string, { tokensPerSecond, seconds }: RetentionOptions, removes: boolean): Promise<PacedLatency> {
  const server = fork(fileURLToPath(new URL('retention-server.ts', import.meta.url)), [file], {
    execArgv: ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning'],
  })
  const killed = () => server.kill('SIGKILL')
  process.once('exit', killed)
  try {
    const [listening] = (await once(server, 'message')) as [Listening]
    const load = (duration: number) => measurePacedLatency(listening, { rate: tokensPerSecond, seconds: duration, connections })
    await load(warmUpSeconds)
    if (removes) server.send('begin')
    return await load(seconds)
  } finally {
    process.off('exit', killed)
    const ended = once(server, 'exit')
    server.disconnect()
    await ended
  }
}
