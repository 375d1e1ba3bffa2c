// Instants: "12 s ago" up to an hour, then a clock time with its day. The exact instant is in the title and for programs.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { zone } from '../settings.ts'

/** Milliseconds since the epoch; moves while a page shows a time. */
const now = signal(Date.now())
let shown = 0
let timer: ReturnType<typeof setInterval> | undefined

export function Time({ at, none = 'never' }: { readonly at: string | null | undefined; readonly none?: string }): VNode {
  useEffect(() => {
    if (shown++ === 0) timer = setInterval(() => (now.value = Date.now()), 5000)
    return () => {
      if (--shown === 0) clearInterval(timer)
    }
  }, [])
  if (at === null || at === undefined) return <span class="soft">{none}</span>
  return (
    <time dateTime={at} title={exactly(at, zone.value)}>
      {describeInstant(at, now.value, zone.value)}
    </time>
  )
}

const hourMs = 3_600_000

/** @param nowMs milliseconds since the epoch @param timeZone `UTC`, or undefined for that of the browser */
export function describeInstant(at: string, nowMs: number, timeZone?: string): string {
  const ms = Date.parse(at)
  const ago = nowMs - ms
  if (ago >= 0 && ago < 60_000) return `${Math.floor(ago / 1000)} s ago`
  if (ago >= 0 && ago < hourMs) return `${Math.floor(ago / 60_000)} min ago`
  if (ago < 0 && ago > -hourMs) return `in ${Math.ceil(-ago / 60_000)} min`
  const clock = format(ms, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone)
  const days = dayOf(ms, timeZone) - dayOf(nowMs, timeZone)
  if (days === 0) return clock
  if (days === -1) return `yesterday ${clock}`
  if (days === 1) return `tomorrow ${clock}`
  const isNear = Math.abs(days) < 300
  return `${format(ms, { day: 'numeric', month: 'short', ...(isNear ? {} : { year: 'numeric' }) }, timeZone)}${isNear ? ` ${clock}` : ''}`
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

/** A span of time in one unit: "9 h", "4 days". @param ms milliseconds */
export function describeSpan(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
