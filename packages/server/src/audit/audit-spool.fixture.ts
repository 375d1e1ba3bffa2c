// A spool in a folder of its own, a store that can be down or refuse a row, and events to spool.
import { createSecretKey } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createTestLog } from '../../test/log.fixture.ts'
import type { Log } from '../log.ts'
import { createNodeName } from '../node-ids.ts'
import { createAuditSpool } from './audit-spool.ts'
import { createAuditChain } from './events/audit-chain.ts'
import { createAuditMac } from './events/audit-mac.ts'
import type { EventRow } from './events/event-row.ts'
import type { SpoolDamage } from './move-spool.ts'

export const pepperOf = (byte: number) => ({ versions: new Map([[1, createSecretKey(Buffer.alloc(32, byte))]]), currentVersion: 1 })

const mac = createAuditMac({ pepper: pepperOf(1) })
const chain = createAuditChain(createNodeName(), mac)

export const anEvent = (): EventRow => chain.stamp({ kind: 'request', outcome: 'success', clientId: 'acme' }, 1)
export const lineOf = (row: EventRow): string => `${JSON.stringify(row)}\n`

/** The process id is above the largest one. */
export const endedSpool = '0123abcd-4194304-1700000000000.jsonl'

interface SpoolSettings {
  readonly refuses?: (row: EventRow) => boolean
  /** By default a new one. */
  readonly directory?: string
}

export function aSpool(t: TestContext, { refuses = () => false, directory = aFolder(t) }: SpoolSettings = {}) {
  const stored: EventRow[] = []
  const store = { isDown: false, batches: [] as number[] }
  const writeToStore = async (rows: readonly EventRow[]) => {
    if (store.isDown) throw new Error('no database')
    if (rows.some(refuses)) throw Object.assign(new Error('value too long'), { code: '22001' })
    store.batches.push(rows.length)
    stored.push(...rows)
  }
  const damages: SpoolDamage[] = []
  const { log: lineLog, lines } = createTestLog()
  /** A test may replace its functions. */
  const log: { -readonly [Level in keyof Log]: Log[Level] } = lineLog
  const spool = createAuditSpool({
    directory,
    node: createNodeName(),
    mac,
    writeToStore,
    onDamage: async (damage) => damages.push(damage),
    log,
    limits: { pieceBytes: 500, maxLineBytes: 2000 },
  })
  t.after(() => spool.close())
  return { spool, stored, store, damages, log, lines, directory, files: () => readdirSync(directory), file: join(directory, endedSpool) }
}

function aFolder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-spool-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}
