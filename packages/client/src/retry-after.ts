// The Retry-After header (RFC 9110 §10.2.3): seconds, or an HTTP date.

/** A longer wish is read as this one: one wrong header must not silence a client for a day. */
export const maxRetryAfterSeconds = 3600

/**
 * How many seconds to wait, `undefined` where the header is missing or senseless. A date is compared with the server's own
 * `Date` header, so that a local wall clock that is wrong does no harm; only without one is the local clock asked.
 */
export function parseRetryAfter(header: string | null, date: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,15}$/.test(header)) return Math.min(Number(header), maxRetryAfterSeconds)
  // Date.parse reads far more than HTTP dates ("1" is the year 2001), which all end in GMT.
  const until = header.endsWith(' GMT') ? Date.parse(header) : Number.NaN
  if (Number.isNaN(until)) return undefined
  const sentAt = Date.parse(date ?? '')
  const seconds = Math.ceil((until - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000)
  return Math.min(Math.max(seconds, 0), maxRetryAfterSeconds)
}
