// Cutting tokens off by their age. Tokens are dated in whole seconds, so a cut also takes those of the second in which it is
// made, and whatever is issued in the rest of that second is dated into the next one, as guards allow.

/** What `tokens_not_before` must be so that every token that exists now is refused. Seconds since the epoch. */
export function cutTokensBefore(now: number): number {
  return Math.floor(now / 1000) + 1
}

/** How far nodes may differ in time and still issue tokens that are good after a cut. Seconds. */
const maxAheadSeconds = 5

/**
 * The date of a token that is issued now. A cut further ahead was made by a clock that was wrong: it is not followed, because
 * tokens from the future are refused by others.
 * @param notBefore the latest cut that its client is subject to, in seconds since the epoch
 */
export function issuedAtAfterCut(now: number, notBefore: number): number {
  const second = Math.floor(now / 1000)
  return notBefore > second && notBefore - second <= maxAheadSeconds ? notBefore : second
}
