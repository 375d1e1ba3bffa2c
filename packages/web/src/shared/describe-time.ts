// Instants and spans of time in words.

const hourMs = 3_600_000

/** @param nowMs milliseconds since the epoch @param timeZone `UTC`, or undefined for that of the browser */
export function describeInstant(at: string, nowMs: number, timeZone?: string): string {
  const ms = Date.parse(at)
  const ago = nowMs - ms
  // The clock of the page stands still for up to 5 s, and that of the server may be ahead.
  if (ago > -10_000 && ago < 60_000) return `${Math.max(0, Math.floor(ago / 1000))} s ago`
  if (ago >= 0 && ago < hourMs) return `${Math.floor(ago / 60_000)} min ago`
  if (ago < 0 && ago > -hourMs) return `in ${Math.ceil(-ago / 60_000)} min`
  return describeMoment(at, nowMs, timeZone)
}

/** A clock time, with its day unless that is today, and with the year of a day to come in another one: "1 Jan" may be read as past. */
export function describeMoment(at: string, nowMs: number, timeZone?: string): string {
  const ms = Date.parse(at)
  const clock = format(ms, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone)
  const [day, today] = [dayOf(ms, timeZone), dayOf(nowMs, timeZone)]
  const days = day - today
  if (days === 0) return clock
  if (days === -1) return `yesterday ${clock}`
  if (days === 1) return `tomorrow ${clock}`
  const isNear = Math.abs(days) < 300
  const hasYear = !isNear || (days > 0 && yearOf(day) !== yearOf(today))
  return `${format(ms, { day: 'numeric', month: 'short', ...(hasYear && { year: 'numeric' }) }, timeZone)}${isNear ? ` ${clock}` : ''}`
}

function yearOf(day: number): number {
  return new Date(day * 86_400_000).getUTCFullYear()
}

export function exactly(at: string, timeZone?: string): string {
  return format(Date.parse(at), { dateStyle: 'medium', timeStyle: 'long' }, timeZone)
}

function format(ms: number, options: Intl.DateTimeFormatOptions, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, ...(timeZone !== undefined && { timeZone }) }).format(ms)
}

/** The number of the day in the time zone. */
function dayOf(ms: number, timeZone: string | undefined): number {
  const [day, month, year] = format(ms, { day: 'numeric', month: 'numeric', year: 'numeric' }, timeZone).split('/').map(Number)
  return Date.UTC(year!, month! - 1, day!) / 86_400_000
}

/** How long ago: not rounded up, as the time beside it is not. */
export function describeAge(ms: number): string {
  const unit = ms < 60_000 ? 1000 : ms < hourMs ? 60_000 : ms < 48 * hourMs ? hourMs : 24 * hourMs
  return describeSpan(Math.max(0, ms - (ms % unit)))
}

/** A span of time in one unit: "9 h", "4 days". @param ms milliseconds */
export function describeSpan(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
