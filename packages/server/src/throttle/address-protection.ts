// Protects the OAuth endpoints of a realm by address, as in seed 003 (docs/systems.md): a limit of requests per second, and a temporary
// block after repeated failed authentications. Checked before a body is read; it needs no database and no hashing of secrets.
import type { Realm } from '../realms/realm.ts'
import { ConnectionRefused, OAuthError, type ErrorReason } from '../errors.ts'
import { countedPrefixes } from './client-address.ts'
import { createCellHash, createDeadlineSketch, createWindowSketch } from './sketch.ts'

/** What counts by address. It may answer later, so that servers can share their counters. */
export interface AddressProtection {
  /**
   * Counts a request and admits it.
   * @throws OAuthError `too-many-token-requests`; ConnectionRefused if a blocked address gets no response at all
   */
  admit(address: string, nowMilliseconds: number): void | Promise<void>
  /** Throws like admit() for a blocked address. Checked again before each attempt, because many may be under way at once. */
  refuseBlocked(address: string, nowMilliseconds: number): void | Promise<void>
  /** Counts a failed authentication, which may block the address. */
  recordFailure(address: string, nowMilliseconds: number): void | Promise<void>
}

/** In the memory of this server: answers at once. */
type SynchronousProtection = { [Name in keyof AddressProtection]: (address: string, nowMilliseconds: number) => void }

const noProtection: SynchronousProtection = { admit() {}, refuseBlocked() {}, recordFailure() {} }

/** @param random in [0, 1): spreads `Retry-After`, so that rejected clients do not all retry at once */
export function createAddressProtection(
  { addressProtection: settings }: Pick<Realm, 'addressProtection'>,
  random: () => number = Math.random,
): SynchronousProtection {
  if (!settings) return noProtection
  const { requestsPerSecond, failedAuthentications } = settings
  const { limit, within, blockFor, action } = failedAuthentications
  const cellsOf = createCellHash()
  const requests = createWindowSketch(1000)
  const failures = createWindowSketch(within * 1000)
  const blocks = createDeadlineSketch(blockFor * 1000)

  /** The cells of an address, with the limits of a subscriber or of several. */
  const countersOf = (address: string) => countedPrefixes(address).map(({ prefix, share }) => ({ cells: cellsOf(prefix), share }))
  type Counters = ReturnType<typeof countersOf>

  const refuseMarked = (counters: Counters, now: number): void => {
    // Longer than any block: it was made while the clock was ahead.
    const remaining = counters.map(({ cells }) => blocks.deadline(cells) - now).filter((wait) => wait <= blockFor * 1000)
    const blockedFor = Math.max(0, ...remaining)
    if (blockedFor <= 0) return
    if (action === 'close') throw new ConnectionRefused('The address is blocked after continuous failed authentications')
    throw tooManyRequests('address-blocked', Math.ceil(blockedFor / 1000))
  }

  return {
    admit(address, now) {
      const counters = countersOf(address)
      refuseMarked(counters, now)
      if (counters.some(({ cells, share }) => requests.count(cells, now) + 1 > requestsPerSecond * share))
        throw tooManyRequests('address-rate-exceeded', 1 + Math.round(random()))
      for (const { cells } of counters) requests.add(cells, now)
    },
    refuseBlocked: (address, now) => refuseMarked(countersOf(address), now),
    recordFailure(address, now) {
      for (const { cells, share } of countersOf(address)) {
        failures.add(cells, now)
        if (failures.count(cells, now) >= limit * share) blocks.mark(cells, now + blockFor * 1000)
      }
    },
  }
}

function tooManyRequests(reason: ErrorReason, retryAfterSeconds: number): OAuthError {
  return new OAuthError('too-many-token-requests', { reason, retryAfterSeconds })
}
