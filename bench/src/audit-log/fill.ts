// A store of its own with a full audit log, on SQLite or PostgreSQL: for searches in it, and for the removal of a part of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { fillAuditLog, type FilledAuditLog } from '@countersign/server/store/fill-audit-log.fixture'
import { startPostgres } from '@countersign/server/store/postgres.fixture'

export const storeKinds = ['sqlite', 'postgres'] as const
export type StoreKind = (typeof storeKinds)[number]

export interface FillOptions {
  readonly events: number
  /** The days over which the events are spread, up to now. */
  readonly days: number
  /** See FillAuditLogOptions; 0 where the log has to verify. */
  readonly copies?: number
  readonly say?: (message: string) => void
}

export interface FilledStore {
  readonly location: string
  readonly configuration: ReturnType<typeof parseConfiguration>
  readonly folder: string
  readonly filled: FilledAuditLog
  readonly seconds: number
  remove(): Promise<void>
}

/** Its configuration has one realm, "partners". PostgreSQL waits for its disk (`fsync`). */
export async function aFilledStore(kind: StoreKind, { events, days, copies = 0, say = () => {} }: FillOptions): Promise<FilledStore> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-audit-log-'))
  for (const ring of ['pepper', 'kek', 'audit-key']) createKeyRingFile(join(folder, ring))
  const database = kind === 'postgres' ? await startPostgres({ fsync: true }) : undefined
  const location = database?.url ?? `sqlite:${join(folder, 'store.db')}`
  const port = 18_000 + Math.floor(Math.random() * 1000)
  const configuration = parseConfiguration(
    `listen: 127.0.0.1:${port}
publicUrl: http://127.0.0.1:${port}
store: ${location}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditKey: file:audit-key
realms:
  partners: { issuer: /realms/partners, tokenEndpoint: /realms/partners/oauth2/token, audience: partners, scopes: ['orders:read', 'orders:write'] }`,
    folder,
  )
  await (await createServer({ configuration, logStream: { write: () => {} } })).close()
  const begunAt = performance.now()
  const filled = await fillAuditLog({
    location,
    pepper: join(folder, 'pepper'),
    auditKey: join(folder, 'audit-key'),
    events,
    days,
    copies,
    onProgress: (done) => {
      if (done % 500_000 === 0) say(`${kind}: ${done.toLocaleString('en')} events, ${seconds()} s`)
    },
  })
  function seconds(): number {
    return Math.round((performance.now() - begunAt) / 1000)
  }
  const remove = async () => {
    await database?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { location, configuration, folder, filled, seconds: seconds(), remove }
}
