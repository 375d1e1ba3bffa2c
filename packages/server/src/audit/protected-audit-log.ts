// The audit log of a server, put together: numbered and with MACs, sealed from time to time, and spooled while a shared store
// is out of reach.
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../clock.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Store } from '../store/store.ts'
import { createAuditChain } from './audit-chain.ts'
import { createAuditLog, type AuditLog } from './audit-log.ts'
import { createAuditSpool } from './audit-spool.ts'
import { createEventSealer } from './seal-events.ts'
import { createEventWriter } from './write-events.ts'

export interface ProtectedAuditLog {
  readonly audit: AuditLog
  /** Moves what is spooled into the store; to be called when that answers. */
  drainSpool(): void
  /** Writes, seals and closes; no event may follow. */
  close(): Promise<void>
}

export interface ProtectedAuditOptions {
  readonly store: Store
  readonly pepper: KeyRing
  readonly spoolDirectory: string
  readonly clock: Clock
  readonly log: FastifyBaseLogger
}

export function createProtectedAuditLog({ store, pepper, spoolDirectory, clock, log }: ProtectedAuditOptions): ProtectedAuditLog {
  const chain = createAuditChain(pepper)
  const writeToStore = createEventWriter(store.hot)
  const say = { warn: (message: string) => log.warn(message), info: (message: string) => log.info(message) }
  const spool = store.isShared ? createAuditSpool({ directory: spoolDirectory, node: chain.node, writeToStore, log: say }) : undefined
  const onFailure = (err: Error) => log.error({ err }, 'refusals could not be written to the audit log')
  const audit = createAuditLog({ writeToStore, chain, clock, spool, onFailure })
  const onSealFailure = (err: Error) => log.warn({ err }, 'the audit log could not be sealed; it is tried again')
  const sealer = createEventSealer({ db: store.hot, chain, clock, onFailure: onSealFailure })

  return {
    audit,
    drainSpool: () => void spool?.drain().catch((err: Error) => log.warn({ err }, 'spooled audit events wait on')),
    async close() {
      await audit.close()
      await sealer.close()
      await spool?.close()
    },
  }
}
