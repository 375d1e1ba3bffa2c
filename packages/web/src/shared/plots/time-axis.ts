// The words of a time axis: where days begin, and what a bar stands for. Hours are in the time zone of the reader; days are those of UTC,
// because they are counted so.
import { stepMs, type Step } from './geometry.ts'
import { widthOfText } from './place-labels.ts'

export interface Tick {
  readonly at: number
  readonly text: string
}

const hourMs = stepMs.hour
const dayMs = stepMs.day
/** Pixels between two texts. */
const textGap = 10

/** Ticks that do not touch each other. @param from @param to milliseconds since the epoch @param timeZone undefined for that of the browser */
export function timeTicks(from: number, to: number, step: Step, width: number, timeZone?: string): Tick[] {
  const span = to - from
  const zone = step === 'day' ? 'UTC' : timeZone
  const days = startsOfDays(from, to, zone)
  const isLong = span > 16 * dayMs
  const named = everyNth(
    days.map((at) => ({ at, text: format(at, isLong ? { day: 'numeric', month: 'short' } : { weekday: 'short', day: 'numeric' }, zone) })),
    (dayMs / span) * width,
  )
  const clock = span <= 2.5 * dayMs && step === 'hour' ? clockTicks(from, to, days, zone) : []
  const all = [...named, ...clock].toSorted((one, other) => one.at - other.at)
  return thin(all, new Set(named), (at) => ((at - from) / span) * width, width)
}

/** At even distances. @param pixels of a day */
function everyNth(days: readonly Tick[], pixels: number): Tick[] {
  const widest = Math.max(0, ...days.map(({ text }) => widthOfText(text))) + textGap
  const nth = [1, 2, 7, 14, 28, 56, 112].find((count) => count * pixels >= widest) ?? days.length
  return days.filter((_, day) => day % nth === 0)
}

/** Days win over hours. Of what is left, the first of those that would touch. */
function thin(ticks: readonly Tick[], preferred: ReadonlySet<Tick>, xOf: (at: number) => number, width: number): Tick[] {
  const kept: Tick[] = []
  const isFree = (tick: Tick) =>
    xOf(tick.at) + widthOfText(tick.text) <= width &&
    kept.every((other) => {
      const [first, second] = tick.at < other.at ? [tick, other] : [other, tick]
      return xOf(first.at) + widthOfText(first.text) + textGap <= xOf(second.at)
    })
  for (const isPreferred of [true, false])
    for (const tick of ticks) if (preferred.has(tick) === isPreferred && isFree(tick)) kept.push(tick)
  return kept.toSorted((one, other) => one.at - other.at)
}

function clockTicks(from: number, to: number, days: readonly number[], zone: string | undefined): Tick[] {
  const isDay = new Set(days)
  const ticks: Tick[] = []
  for (let at = Math.ceil(from / hourMs) * hourMs; at < to; at += hourMs) {
    const text = format(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, zone)
    if (/^(06|12|18):/.test(text) && !isDay.has(at)) ticks.push({ at, text })
  }
  return ticks
}

/** Midnights; in zones with half hours the first hour that begins on the day. */
function startsOfDays(from: number, to: number, zone: string | undefined): number[] {
  const starts: number[] = []
  if (zone === 'UTC') {
    for (let at = Math.ceil(from / dayMs) * dayMs; at < to; at += dayMs) starts.push(at)
    return starts
  }
  let before = format(from - hourMs, { day: 'numeric' }, zone)
  for (let at = Math.ceil(from / hourMs) * hourMs; at < to; at += hourMs) {
    const day = format(at, { day: 'numeric' }, zone)
    if (day !== before) starts.push(at)
    before = day
  }
  return starts
}

/** "Fri 27 Nov, 14:00–17:00", or the day. */
export function describeBar(at: number, step: Step, size: number, timeZone?: string): string {
  const zone = step === 'day' ? 'UTC' : timeZone
  const day = (instant: number) => format(instant, { weekday: 'short', day: 'numeric', month: 'short' }, zone)
  const clock = (instant: number) => format(instant, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, zone)
  const end = at + size * stepMs[step]
  if (step === 'hour') return size >= 24 ? `${day(at)} – ${day(end - 1)}` : `${day(at)}, ${clock(at)}–${clock(end)}`
  return size === 1 ? day(at) : `${day(at)} – ${day(end - 1)}`
}

/** "per hour", "per 3 hours": what one bar stands for. */
export function describePitch(step: Step, size: number): string {
  return size === 1 ? `per ${step}` : `per ${size} ${step}s`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(at: number, options: Intl.DateTimeFormatOptions, timeZone: string | undefined): string {
  const key = JSON.stringify([options, timeZone])
  let found = formats.get(key)
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat('en-GB', { ...options, ...(timeZone !== undefined && { timeZone }) })))
  return found.format(at)
}
