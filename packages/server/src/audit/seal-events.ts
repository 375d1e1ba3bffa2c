// Seals: from time to time a row says up to which number this node has stored all events, and which numbers stayed empty.
// Seals of a node are a chain: each MAC is over the one before, so none can be taken out of the middle.
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Schema } from '../store/schema.ts'
import type { AuditChain } from './audit-chain.ts'

export interface EventSealer {
  seal(): Promise<void>
  /** Seals what there is, a last time. */
  close(): Promise<void>
}

export interface SealOptions {
  readonly db: Kysely<Schema>
  readonly chain: AuditChain
  readonly clock: Clock
  readonly onFailure: (error: Error) => void
}

/** What an attacker could take from the end of the log without being noticed is younger than this. Milliseconds. */
const sealEvery = 10_000

export function createEventSealer({ db, chain, clock, onFailure }: SealOptions): EventSealer {
  let number = 0
  let sealedUpTo = 0
  let before = ''
  let skipped: number[] = []
  let running = Promise.resolve()

  async function sealOnce(): Promise<void> {
    const sealable = chain.takeSealable()
    skipped.push(...sealable.skipped)
    if (sealable.lastEvent === sealedUpTo) return
    const row = {
      node: chain.node,
      number: number + 1,
      sealed_at: clock(),
      last_event: sealable.lastEvent,
      skipped: JSON.stringify(skipped),
    }
    const mac = chain.mac([...Object.values(row), before])
    await db
      .insertInto('audit_seals')
      .values({ ...row, mac })
      .onConflict((conflict) => conflict.columns(['node', 'number']).doNothing())
      .execute()
    number++
    sealedUpTo = sealable.lastEvent
    before = mac
    skipped = []
  }

  const seal = (): Promise<void> => (running = running.catch(() => {}).then(sealOnce))
  const timer = setInterval(() => void seal().catch(onFailure), sealEvery).unref()
  return {
    seal,
    async close() {
      clearInterval(timer)
      await seal().catch(onFailure)
    },
  }
}
