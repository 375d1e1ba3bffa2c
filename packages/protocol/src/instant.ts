// Instants as text: the date-time of RFC 3339, with or without seconds. `Date.parse` alone turns 30 February into 2 March and 24:00 into
// the next day, so that a typing error becomes another instant.

/**
 * Milliseconds since the epoch; digits beyond them are cut off. Undefined for anything else, such as a day that does not exist or an
 * instant outside of the years 0000 to 9999 in UTC, which could not be written as a date-time again.
 */
export function parseInstant(text: string): number | undefined {
  if (!format.test(text) || missingDay(text) !== undefined) return undefined
  const at = Date.parse(text.toUpperCase())
  return at >= earliest && at <= latest ? at : undefined
}

/** The day at the beginning of a text if no calendar has it, such as "2027-02-30"; otherwise undefined. */
export function missingDay(text: string): string | undefined {
  const [day] = /^\d{4}-\d\d-\d\d(?![^Tt])/.exec(text) ?? []
  if (day === undefined) return undefined
  const at = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, day.length) !== day ? day : undefined
}

/** What an error says was expected instead of a text that is no instant; it names a day that does not exist. */
export function expectedInstant(text: string): string {
  const day = missingDay(text)
  if (day !== undefined) return `a day that exists; the calendar has no "${day}"`
  if (format.test(text)) return 'an instant in the years 0000 to 9999 of UTC'
  // What a "+" in a query becomes that was not encoded.
  if (/T.* \d\d:\d\d$/i.test(text)) return 'an instant without spaces; in a query write the "+" of an offset as "%2B"'
  return 'an instant with an offset, such as "2026-01-31T12:00:00Z" or "2026-01-31T14:00:00+02:00"'
}

const format = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i
const earliest = Date.parse('0000-01-01T00:00:00Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')
