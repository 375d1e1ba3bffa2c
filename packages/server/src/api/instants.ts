// Instants in JSON: ISO 8601 in UTC, with milliseconds.

/** @param at milliseconds since the epoch */
export function toInstant(at: number): string {
  return new Date(at).toISOString()
}

/** @param second of a cut, in seconds since the epoch; 0 for none */
export function toCutInstant(second: number): string | null {
  return second === 0 ? null : toInstant(second * 1000)
}

export function toInstantOrNull(at: number | null): string | null {
  return at === null ? null : toInstant(at)
}
