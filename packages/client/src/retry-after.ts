// The Retry-After header (RFC 9110 §10.2.3): seconds, or an HTTP date.

/** Longer delays are cut to this one: a wrong header must not stop a client for a day. */
export const maxRetryAfterSeconds = 3600

/**
 * Seconds to wait, `undefined` if the header is missing or invalid. A date is compared with the `Date` header of the same
 * response, so that a wrong local clock does no harm; without that header the local clock is used.
 */
export function parseRetryAfter(header: string | null, date: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Math.min(Number(header), maxRetryAfterSeconds)
  const until = parseHttpDate(header)
  if (until === undefined) return undefined
  const sentAt = Date.parse(date ?? '')
  const seconds = Math.ceil((until - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000)
  return Math.min(Math.max(seconds, 0), maxRetryAfterSeconds)
}

/**
 * All three forms of RFC 9110 §5.6.7. Date.parse accepts more ("1" is the year 2001), and turns 30 February into 2 March; the form of asctime
 * has no zone, and is in UTC.
 */
function parseHttpDate(text: string): number | undefined {
  const [, day, dayOfAsctime] = /^(?:\w{3,9}, (\d\d)[ -].* GMT|\w{3} \w{3} ([ \d]\d) [\d:]{8} \d{4})$/.exec(text) ?? []
  const at = Date.parse(dayOfAsctime === undefined ? text : `${text} GMT`)
  return new Date(at).getUTCDate() === Number(day ?? dayOfAsctime) ? at : undefined
}
