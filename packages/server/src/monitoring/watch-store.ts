// What operators need to see of the store, the audit log and the log: gauges, and warnings beside the readiness of a node that is still
// ready.
import type { ProtectedAuditLog } from '../audit/protected-audit-log.ts'
import type { ChangeFollower } from '../cache/follow-changes.ts'
import { WrongClockError, type Clock } from '../clock.ts'
import type { DatabaseClock } from '../clock-difference.ts'
import type { Lease } from '../cache/lease.ts'
import type { LogDestination } from '../log-destination.ts'
import type { Readiness } from './readiness.ts'
import type { KeyRings } from '../keys/live-rings.ts'
import type { Store } from '../store/store.ts'
import type { GaugeSource } from './metrics.ts'

export function watchLog(readiness: Readiness, { failure, dropped }: LogDestination): GaugeSource[] {
  readiness.warn('log', () => {
    const reason = failure()
    return reason === undefined ? undefined : `lines of the log are dropped, because they cannot be written: ${reason}`
  })
  return [{ name: 'log_lines_dropped', help: 'Lines of the log that could not be written since the start.', read: dropped }]
}

type WatchedAudit = Pick<ProtectedAuditLog, 'sinkFailure' | 'sealWarning' | 'gauges' | 'anchors'>

export function watchAudit(readiness: Readiness, { sinkFailure, sealWarning, gauges, anchors }: WatchedAudit): GaugeSource[] {
  const { waiting, sealAgeSeconds, spool, spoolStalled } = gauges
  readiness.add('audit', () => {
    const reason = sinkFailure()
    return reason === undefined ? undefined : `token requests get 503, because audit events cannot be written: ${reason}`
  })
  readiness.warn('audit-anchor', anchors.warning)
  readiness.warn('audit-seal', sealWarning)
  const ofLog: GaugeSource[] = [
    { name: 'audit_events_waiting', help: 'Audit events that are not on disk yet.', read: waiting },
    { name: 'audit_seal_age_seconds', help: 'Time since this node last sealed the audit log, in seconds.', read: sealAgeSeconds },
  ]
  if (!spool) return ofLog
  readiness.add('audit-spool', spoolStalled)
  readiness.warn('audit-spool', () =>
    spool.isInUse ? `${spool.measure().events} audit events wait in the spool for the store` : undefined,
  )
  readiness.warn('audit-spool-files', () => {
    const [first, ...others] = spool.problems()
    return others.length === 0 ? first : `${first}; and ${others.length} more files`
  })
  return [
    ...ofLog,
    {
      name: 'audit_spool_problems',
      help: 'Files of the spool that are damaged or cannot be read, so audit events may be missing. Alert on any value but 0.',
      read: () => spool.problems().length,
    },
    {
      name: 'audit_spool_in_use',
      help: '1 while audit events are written to the spool, because the store is not available.',
      read: () => (spool.isInUse ? 1 : 0),
    },
    { name: 'audit_spool_events', help: 'Audit events that wait in the spool for the store.', read: () => spool.measure().events },
    { name: 'audit_spool_bytes', help: 'Size of the spool in bytes, including events of earlier runs.', read: () => spool.measure().bytes },
  ]
}

export interface WatchedRetention {
  readonly warning: () => string | undefined
}

export function watchRetention(readiness: Readiness, { warning }: WatchedRetention): GaugeSource[] {
  readiness.warn('audit-retention', warning)
  return [
    {
      name: 'audit_retention_stopped',
      help: '1 while audit events that are due cannot be archived or removed. Alert on it: the log grows.',
      read: () => (warning() === undefined ? 0 : 1),
    },
  ]
}

/** Neither a token nor a change is dated by a wrong clock, so a node that has one is of no use. */
export function watchClock(readiness: Readiness, clock: Clock, { difference, warning }: DatabaseClock): GaugeSource[] {
  readiness.add('clock', () => {
    try {
      clock()
      return undefined
    } catch (error) {
      if (error instanceof WrongClockError) return error.message
      throw error
    }
  })
  readiness.warn('clock', warning)
  return [
    {
      name: 'clock_difference_seconds',
      help: "By how much the clock of the database is ahead of this machine's, in seconds; 0 without a database server.",
      read: () => (difference() ?? 0) / 1000,
    },
  ]
}

export interface WatchedCuts {
  readonly warning: () => string | undefined
  readonly count: () => number
}

export function watchCuts(readiness: Readiness, { warning, count }: WatchedCuts): GaugeSource[] {
  readiness.warn('cuts', warning)
  return [
    { name: 'future_cuts', help: 'Cuts in the future that were found: until then all tokens they apply to are rejected.', read: count },
  ]
}

/** A node without a version that the store needs could neither check secrets under it nor open keys. */
export function watchKeyRings(readiness: Readiness, { failure }: Pick<KeyRings, 'failure'>): void {
  readiness.add('key-rings', failure)
}

interface WatchedStore {
  readonly follower: Pick<ChangeFollower, 'notReadyReason' | 'warning' | 'pullAgeSeconds'>
  readonly store: Pick<Store, 'hintQueueUsage'>
  readonly lease: Pick<Lease, 'milliseconds'>
}

export function watchStore(readiness: Readiness, { follower, store, lease }: WatchedStore): GaugeSource[] {
  readiness.add('store', follower.notReadyReason)
  readiness.warn('store', follower.warning)
  return [
    {
      name: 'store_pull_age_seconds',
      help: 'Time since the last successful read of the store, in seconds.',
      read: follower.pullAgeSeconds,
    },
    {
      name: 'lease_seconds',
      help: 'Maximum age of the last read of the store, in seconds, before every request gets 503.',
      read: () => lease.milliseconds / 1000,
    },
    {
      name: 'notification_queue_usage',
      help: 'Usage of the NOTIFY queue of PostgreSQL, from 0 to 1.',
      read: store.hintQueueUsage,
    },
  ]
}
