// Instants in a field of the kind `datetime-local`, which has no zone of its own.

/** @param timeZone `UTC`, or undefined for that of the browser @returns '' for a text that is no instant of a day that a field can hold */
export function toLocalField(at: string, timeZone: string | undefined): string {
  const given = new Date(at)
  const offsetMs = timeZone === 'UTC' ? 0 : given.getTimezoneOffset() * 60_000
  const shifted = new Date(given.getTime() - offsetMs)
  // An address may have any instant, also one so late that the zone leads beyond the last.
  return Number.isNaN(shifted.getTime()) ? '' : shifted.toISOString().slice(0, -8)
}

/** Undefined for a field that is empty or not complete. */
export function fromLocalField(text: string, timeZone: string | undefined): string | undefined {
  const ms = Date.parse(timeZone === 'UTC' ? `${text}Z` : text)
  return text === '' || Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
