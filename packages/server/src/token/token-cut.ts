// Cuts: rejecting all tokens issued before an instant. Tokens are dated in whole seconds, and clocks agree to a fraction of one:
// so a cut also includes the next half second and the second that this ends in. Tokens issued in that time are dated to the cut,
// at most 1.5 s ahead, which guards allow.

/**
 * Bound of the difference between the clocks of two nodes once both are corrected, plus the time that a change takes.
 * Milliseconds.
 */
const uncertaintyMs = 500

/**
 * The `tokens_not_before` with which every token that exists when the change is acknowledged is rejected. Seconds since the
 * epoch.
 */
export function cutTokensBefore(now: number): number {
  return Math.floor((now + uncertaintyMs) / 1000) + 1
}

/** A cut further ahead than this was made by a wrong clock. Seconds. */
const maxAheadSeconds = 5

/**
 * Whether a cut was made by a wrong clock: no token is dated after it, so every token is rejected. It may be lowered to
 * {@link cutTokensBefore} now: no token that exists by the right clock becomes valid again.
 */
export function isFutureCut(tokensNotBefore: number, now: number): boolean {
  return tokensNotBefore - Math.floor(now / 1000) > maxAheadSeconds
}

/**
 * The `tokens_not_before` of a new client: its creation, because no older token is its own. If another client with its id was
 * deleted a moment ago, the whole second of that is cut. Otherwise there is no token to cut, and verifiers that allow no skew
 * would reject a first token dated into the future.
 * @param deletedAt milliseconds since the epoch, by a clock that may be ahead
 */
export function cutAtCreation(now: number, deletedAt: number | undefined): number {
  const second = Math.floor(now / 1000)
  return deletedAt === undefined ? second : Math.max(second, Math.min(cutTokensBefore(deletedAt), second + maxAheadSeconds))
}

/**
 * The date of a token that is issued now. A cut further ahead is ignored, because other verifiers reject tokens from the future.
 * @param notBefore the latest cut that applies to its client, in seconds since the epoch
 */
export function issuedAtAfterCut(now: number, notBefore: number): number {
  const second = Math.floor(now / 1000)
  return notBefore > second && !isFutureCut(notBefore, now) ? notBefore : second
}
