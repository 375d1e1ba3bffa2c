// Between an instant and what a field for day and time holds, such as 2026-01-31T12:00.

/** @returns '' for a text that is no instant */
export function toLocal(iso: string, isUtc: boolean): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  const shifted = isUtc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 16)
}

/** @returns '' for a text that is no day and time */
export function toIso(local: string, isUtc: boolean): string {
  if (local === '') return ''
  const at = new Date(isUtc ? `${local}Z` : local)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}
