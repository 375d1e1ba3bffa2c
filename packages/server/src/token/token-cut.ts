// Cutting tokens off by their age. Tokens are dated in whole seconds, and clocks agree to a fraction of one: a cut also takes those
// of the next half second and of the second that this falls into. Whatever is issued meanwhile is dated to the cut, 1.5 s ahead at
// most, as guards allow.

/** What the clocks of two nodes may still differ by once both are corrected, and how long a change may take. Milliseconds. */
const uncertaintyMs = 500

/**
 * What `tokens_not_before` must be so that every token that exists when the change is acknowledged is refused. Seconds since the
 * epoch.
 */
export function cutTokensBefore(now: number): number {
  return Math.floor((now + uncertaintyMs) / 1000) + 1
}

/** A cut that is further ahead was made by a clock that was wrong. Seconds. */
const maxAheadSeconds = 5

/**
 * What `tokens_not_before` of a new client is: its creation, because no token older than the client is its own. Where another
 * client of its id was deleted a moment ago the whole second of that is cut. Elsewhere there is no token to be cut, and a first
 * token that is dated into the future is refused by verifiers that allow no skew.
 * @param deletedAt milliseconds since the epoch, by a clock that may be ahead
 */
export function cutAtCreation(now: number, deletedAt: number | undefined): number {
  const second = Math.floor(now / 1000)
  return deletedAt === undefined ? second : Math.max(second, Math.min(cutTokensBefore(deletedAt), second + maxAheadSeconds))
}

/**
 * The date of a token that is issued now. One that lies further ahead is not followed, because tokens from the future
 * are refused by others.
 * @param notBefore the latest cut that its client is subject to, in seconds since the epoch
 */
export function issuedAtAfterCut(now: number, notBefore: number): number {
  const second = Math.floor(now / 1000)
  return notBefore > second && notBefore - second <= maxAheadSeconds ? notBefore : second
}
