// Whether the audit log contains each acknowledged change and each delivered token exactly once.
import type { StoredPast } from '@countersign/server/look-into-store.fixture'
import type { Journal, Loss } from './journal.ts'

export interface LogCounts {
  readonly changesMissing: readonly string[]
  readonly changesTwice: readonly string[]
  readonly tokensMissing: readonly string[]
  readonly tokensTwice: readonly string[]
  /** Acknowledged or delivered by a primary whose standby had missed them when it was promoted: gone by nature. */
  readonly changesLost: number
  readonly tokensLost: number
}

export function checkLog({ changes, calls, losses }: Journal, past: Pick<StoredPast, 'changes' | 'tokens'>): LogCounts {
  const acknowledged = changes.filter((change) => change.acknowledgedAt !== undefined)
  const eventsOf = ({ kind, id }: { kind: string; id: string }) => past.changes.get(`${kind} ${id}`) ?? 0
  const delivered = calls.flatMap(({ tokenId, sentAt, answeredAt }) => (tokenId === undefined ? [] : [{ tokenId, sentAt, answeredAt }]))
  const missing = delivered.filter(({ tokenId }) => !past.tokens.has(tokenId))
  const lost = missing.filter((token) => losses.some((loss) => overlaps(loss, token)))
  return {
    changesMissing: acknowledged
      .filter((change) => eventsOf(change) === 0 && change.lostAt === undefined && !change.followsLoss)
      .map(({ id }) => id),
    changesTwice: changes.filter((change) => eventsOf(change) > 1).map(({ id }) => id),
    tokensMissing: missing.filter((token) => !lost.includes(token)).map(({ tokenId }) => tokenId),
    tokensTwice: [...past.tokens].filter(([, events]) => events > 1).map(([tokenId]) => tokenId),
    changesLost: changes.filter(({ lostAt }) => lostAt !== undefined).length,
    tokensLost: lost.length,
  }
}

const overlaps = ({ startedAt, endedAt }: Loss, token: { readonly sentAt: number; readonly answeredAt: number }) =>
  startedAt <= token.answeredAt && token.sentAt <= endedAt
