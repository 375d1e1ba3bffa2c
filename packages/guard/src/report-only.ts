// Report-only: until a date, what would be denied is only reported, so that an API with callers can be put behind the guard without a risk
// for them. The date is at most 30 days ahead, so that it cannot be forgotten; from then on requests are denied.
import { kindOf, refuseUnknownOptions } from '@countersign/protocol'

export interface ReportOnly {
  /** A date such as `2026-12-20`, which begins at 00:00 UTC, or an instant such as `2026-12-20T08:00:00Z`. At most 30 days ahead. */
  readonly until: string
}

const maxDays = 30
const instant = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/**
 * The end, in milliseconds since the epoch. Does not check how far away it is.
 * @throws TypeError for anything but a date or an instant
 */
export function readReportOnly(reportOnly: ReportOnly): number {
  const given: unknown = reportOnly
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`"reportOnly" is not { until: "YYYY-MM-DD" }; found ${kindOf(given)}`)
  refuseUnknownOptions('reportOnly', reportOnly, ['until'])
  const { until }: { readonly until?: unknown } = reportOnly
  const [, date] = (typeof until === 'string' && instant.exec(until)) || []
  const at = date !== undefined && isDate(date) ? Date.parse(until as string) : Number.NaN
  if (!Number.isNaN(at)) return at
  const found = typeof until === 'string' ? JSON.stringify(until.slice(0, 40)) : kindOf(until)
  throw new TypeError(
    `"reportOnly.until" is neither a date such as "2026-12-20" nor an instant such as "2026-12-20T08:00:00Z"; found ${found}`,
  )
}

/** @throws TypeError for an end that is more than 30 days after `now`, or if the time is not known */
export function refuseDistantEnd(until: number, now: number): void {
  const latest = now + maxDays * 86_400_000
  if (until <= latest) return
  const allowed = Number.isFinite(latest) ? `; the latest is ${formatEnd(latest)}` : ''
  throw new TypeError(`"reportOnly.until" is more than ${maxDays} days ahead${allowed}`)
}

export function formatEnd(until: number): string {
  return new Date(until).toISOString()
}

/** Some engines read the 30th of February as a day in March. */
function isDate(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
