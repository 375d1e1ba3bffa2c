// Instants in JSON: ISO 8601 in UTC, with milliseconds.

/** @param at milliseconds since the epoch */
export function toInstant(at: number): string {
  return new Date(at).toISOString()
}

export function toInstantOrNull(at: number | null): string | null {
  return at === null ? null : toInstant(at)
}
