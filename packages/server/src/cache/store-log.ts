// Log lines about an outage of the store, or of its confirmations: one when it begins, one when the lease ends, and one when it is over.
// Denials of single requests meanwhile are not logged.
import type { Log } from '../log.ts'
import type { Cursor } from '../store/change-log.ts'
import type { Lease } from './lease.ts'

interface StoreLogOptions {
  readonly log: Log
  readonly lease: Pick<Lease, 'milliseconds' | 'now' | 'isFresh' | 'left' | 'unconfirmed'>
}

/** One unconfirmed commit is not logged: the next one follows a second later. */
const unconfirmedIsNews = 2

export function createStoreLog({ log, lease }: StoreLogOptions) {
  let hasToldOfLease = false

  const howLong = (): string => {
    const left = lease.left()
    return `Known clients are served for ${Math.round(left / 1000)} s. From ${new Date(lease.now().wall + left).toISOString()} on`
  }
  const sayOfLease = (what: string, until: string): void => {
    if (lease.isFresh() || hasToldOfLease) return
    hasToldOfLease = true
    log.error(`${what} for longer than the lease, ${lease.milliseconds / 1000} s: every request is refused until it ${until}.`)
  }

  return {
    unreachable({ message }: Error, isFirst: boolean): void {
      if (isFirst) log.warn(`The store cannot be reached: ${message}. ${howLong()}, if it stays away, every request is refused.`)
      sayOfLease('The store has not answered', 'answers')
    },
    unconfirmed(): void {
      const { error, times } = lease.unconfirmed()!
      if (times === unconfirmedIsNews)
        log.warn(
          `The store answers, but confirms no commit: ${error.message}. It may be an old primary that was left behind in a failover. ${howLong()}, if that stays so, every request is refused.`,
        )
      sayOfLease('The store has confirmed no commit', 'does')
    },
    confirmedAgain({ times, milliseconds }: NonNullable<ReturnType<Lease['unconfirmed']>>): void {
      if (times >= unconfirmedIsNews) log.info(`The store confirms commits again after ${Math.round(milliseconds / 1000)} s.`)
    },
    leaseRenewed: () => void (hasToldOfLease = false),
    otherHistory(known: Cursor, found: Cursor): void {
      log.warn(
        `The store has another history than the one that this server followed, after a failover or a restore: it knew change ${known.number} of database ${known.database ?? '?'}, and the last one is now ${found.number} of ${found.database ?? '?'}. Memory was emptied. Changes that were acknowledged shortly before may be lost: look for them in the audit log.`,
      )
    },
  }
}
