// Instants in a field of the kind `datetime-local`, which has no zone of its own.

/** @param timeZone `UTC`, or undefined for that of the browser */
export function toLocalField(at: string, timeZone: string | undefined): string {
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return ''
  const offsetMs = timeZone === 'UTC' ? 0 : new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - offsetMs).toISOString().slice(0, 16)
}

/** Undefined for a field that is empty or not complete. */
export function fromLocalField(text: string, timeZone: string | undefined): string | undefined {
  const ms = Date.parse(timeZone === 'UTC' ? `${text}Z` : text)
  return text === '' || Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
