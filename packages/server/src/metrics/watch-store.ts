// What whoever is on call needs to see of the store and of the audit log: as figures, and as words beside the readiness of the
// node while it is ready all the same.
import type { ProtectedAuditLog } from '../audit/protected-audit-log.ts'
import type { ChangeFollower } from '../directory/follow-changes.ts'
import type { Readiness } from '../readiness/readiness.ts'
import type { Store } from '../store/store.ts'
import type { Metrics } from './metrics.ts'

type WatchedAudit = Pick<ProtectedAuditLog, 'whyNoPlace' | 'figures'>

export function watchAudit({ gauge }: Pick<Metrics, 'gauge'>, readiness: Readiness, { whyNoPlace, figures }: WatchedAudit): void {
  const { waiting, sealAgeSeconds, spool } = figures
  gauge('audit_events_waiting', 'Events of the audit log that are on no disk yet.', waiting)
  gauge('audit_seal_age_seconds', 'How long ago the audit log of this node was last sealed.', sealAgeSeconds)
  readiness.warn('audit', () => {
    const reason = whyNoPlace()
    return reason === undefined ? undefined : `there are no tokens, because audit events find no place: ${reason}`
  })
  if (!spool) return
  const isInUse = () => (spool.isInUse ? 1 : 0)
  gauge('audit_spool_in_use', '1 while audit events are written to the spool, because the store does not take them.', isInUse)
  gauge('audit_spool_events', 'Audit events that wait in the spool for the store.', () => spool.measure().events)
  gauge('audit_spool_bytes', 'Size of the spool, with what earlier runs left there.', () => spool.measure().bytes)
  readiness.warn('audit-spool', () =>
    spool.isInUse ? `${spool.measure().events} audit events wait in the spool for the store` : undefined,
  )
}

interface WatchedStore {
  readonly follower: Pick<ChangeFollower, 'whyNotReady' | 'whyToWorry' | 'pullAgeSeconds'>
  readonly store: Pick<Store, 'hintQueueUsage'>
  /** Seconds. */
  readonly lease: number
}

export function watchStore({ gauge }: Pick<Metrics, 'gauge'>, readiness: Readiness, { follower, store, lease }: WatchedStore): void {
  gauge('store_pull_age_seconds', 'How long ago the store was last heard of.', follower.pullAgeSeconds)
  gauge('lease_seconds', 'How old the last pull may be before every request is refused.', () => lease)
  gauge('notification_queue_usage', 'How full the queue of NOTIFY in PostgreSQL is, from 0 to 1.', store.hintQueueUsage)
  readiness.add('store', follower.whyNotReady)
  readiness.warn('store', follower.whyToWorry)
}
