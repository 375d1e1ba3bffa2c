// Protects the OAuth endpoints of a realm by address, as in seed 003 (docs/systems.md): a limit of requests per second, and a temporary
// block after repeated failed authentications. A block is of a client at an address, so that clients behind one address do not block
// each other (decisions/051). The limit is checked before a body is read, the block before a secret is; neither needs the database.
import type { Realm } from '../realms/realm.ts'
import { ConnectionRefused, OAuthError } from '../errors.ts'
import { countedPrefixes } from './client-address.ts'
import { createCellHash, createDeadlineSketch, createWindowSketch, type Cells, type DeadlineSketch, type WindowSketch } from './sketch.ts'

/** What counts by address. It may answer later, so that servers can share their counters. */
export interface AddressProtection {
  /**
   * Counts a request and admits it.
   * @throws OAuthError `too-many-token-requests`
   */
  admit(address: string, nowMilliseconds: number): void | Promise<void>
  /**
   * @param clientId as the request has it, registered or not
   * @throws OAuthError `authentication-blocked` if the client is blocked at the address; ConnectionRefused if it gets no response at all
   */
  refuseBlocked(address: string, clientId: string, nowMilliseconds: number): void | Promise<void>
  /**
   * Counts a failed authentication, which may block the client at the address. If several clients fail from an address, it blocks
   * further failures of any: those learn nothing, and a client with the right secret is not affected.
   * @param clientId "" if the request has none
   * @throws like refuseBlocked(), if the client was blocked by others of many concurrent attempts, or if the address was blocked
   */
  recordFailure(address: string, clientId: string, nowMilliseconds: number): void | Promise<void>
}

/** In the memory of this server: answers at once. */
type SynchronousProtection = { [Name in keyof AddressProtection]: (...parameters: Parameters<AddressProtection[Name]>) => void }

const noProtection: SynchronousProtection = { admit() {}, refuseBlocked() {}, recordFailure() {} }

/** The part of an address's limit that one client uses up at most: failures of one client alone do not block the address. */
const shareOfOneClient = 1 / 4

/** @param random in [0, 1): spreads `Retry-After`, so that rejected clients do not all retry at once */
export function createAddressProtection(
  { addressProtection: settings }: Pick<Realm, 'addressProtection'>,
  random: () => number = Math.random,
): SynchronousProtection {
  if (!settings) return noProtection
  const { requestsPerSecond, failedAuthentications } = settings
  const { limit, within, blockFor, action } = failedAuthentications
  const createCounters = (): FailureCounters => ({
    failures: createWindowSketch(within * 1000),
    blocks: createDeadlineSketch(blockFor * 1000),
  })
  /** Made by the first request: a server may have a thousand realms, and the counters take 8 MiB. */
  const made = once(() => ({ cellsOf: createCellHash(), requests: createWindowSketch(1000), usual: createCounters() }))
  /**
   * Of clients at addresses that are blocked. Apart from the others: a flood of client ids from blocked addresses, which only they can
   * send, fills these counters and not those that clients at all other addresses depend on.
   */
  const atBlocked = once(createCounters)

  /** The cells of an address, or of a client at it, with the limits of one subscriber or of several. */
  const cellsOf = (address: string, clientId?: string): CountedCells[] =>
    countedPrefixes(address).map(({ prefix, share }) => ({
      cells: made().cellsOf(clientId === undefined ? prefix : JSON.stringify([clientId, prefix])),
      share,
    }))

  const blockedFor = ({ blocks }: FailureCounters, counted: CountedCells[], now: number): number => {
    // Longer than any block: it was made while the clock was ahead.
    const remaining = counted.map(({ cells }) => blocks.deadline(cells) - now).filter((wait) => wait <= blockFor * 1000)
    return Math.max(0, ...remaining)
  }
  const refuseMarked = (counters: FailureCounters, counted: CountedCells[], now: number): void => {
    const milliseconds = blockedFor(counters, counted, now)
    if (milliseconds <= 0) return
    if (action === 'close') throw new ConnectionRefused('Blocked after continuous failed authentications')
    throw new OAuthError('authentication-blocked', { reason: 'address-blocked', retryAfterSeconds: Math.ceil(milliseconds / 1000) })
  }
  const countFailure = ({ failures, blocks }: FailureCounters, counted: CountedCells[], now: number): void => {
    for (const { cells, share } of counted) {
      failures.add(cells, now)
      if (failures.count(cells, now) >= limit * share) blocks.mark(cells, now + blockFor * 1000)
    }
  }
  const hasFailedOften = ({ failures }: FailureCounters, counted: CountedCells[], now: number) =>
    counted.some(({ cells, share }) => failures.count(cells, now) >= limit * share * shareOfOneClient)

  return {
    admit(address, now) {
      const { requests } = made()
      const counted = cellsOf(address)
      if (counted.some(({ cells, share }) => requests.count(cells, now) + 1 > requestsPerSecond * share))
        throw new OAuthError('too-many-token-requests', { reason: 'address-rate-exceeded', retryAfterSeconds: 1 + Math.round(random()) })
      for (const { cells } of counted) requests.add(cells, now)
    },
    refuseBlocked(address, clientId, now) {
      const { usual } = made()
      const ofClient = cellsOf(address, clientId)
      refuseMarked(usual, ofClient, now)
      if (blockedFor(usual, cellsOf(address), now) > 0) refuseMarked(atBlocked(), ofClient, now)
    },
    recordFailure(address, clientId, now) {
      const { usual } = made()
      const [ofClient, ofAddress] = [cellsOf(address, clientId), cellsOf(address)]
      refuseMarked(usual, ofClient, now)
      if (blockedFor(usual, ofAddress, now) > 0) {
        refuseMarked(atBlocked(), ofClient, now)
        countFailure(atBlocked(), ofClient, now)
        refuseMarked(usual, ofAddress, now)
      }
      const isCountedOut = hasFailedOften(usual, ofClient, now)
      countFailure(usual, ofClient, now)
      if (!isCountedOut) countFailure(usual, ofAddress, now)
    },
  }
}

interface FailureCounters {
  readonly failures: WindowSketch
  readonly blocks: DeadlineSketch
}

interface CountedCells {
  readonly cells: Cells
  readonly share: number
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}
