/** A count of the time since an instant as a number an hour. @param nowMs milliseconds since the epoch */
export function perHour(count: number, since: string, nowMs: number): number {
  const hours = Math.max(1, (nowMs - Date.parse(since)) / 3_600_000)
  return count === 0 ? 0 : Math.max(1, Math.round(count / hours))
}
