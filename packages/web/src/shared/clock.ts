// The time of the server: the clock of a computer may be wrong by hours or days, and "the last 24 hours" are those of the server.

/** Milliseconds. Less than that is the way of the response, whose header has whole seconds. */
const tolerated = 60_000

let ahead = 0

/** @param date the header of a response that no cache had */
export function learnTime(date: string | null): void {
  const difference = Date.now() - Date.parse(date ?? '')
  ahead = Math.abs(difference) > tolerated ? difference : 0
}

/** Milliseconds since the epoch. */
export function now(): number {
  return Date.now() - ahead
}
