// Instants: "12 s ago" up to an hour, then a clock time with its day. The exact instant is in the title and for programs.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { now as timeOfServer } from '../clock.ts'
import { zone } from '../settings.ts'
import { describeInstant, exactly } from '../describe-time.ts'

export { describeInstant, describeSpan, exactly } from '../describe-time.ts'

/** Milliseconds since the epoch; moves while a page shows a time. */
const now = signal(0)
let shown = 0
let timer: ReturnType<typeof setInterval> | undefined

export function Time({ at, none = 'never' }: { readonly at: string | null | undefined; readonly none?: string }): VNode {
  useEffect(() => {
    if (shown++ === 0) timer = setInterval(() => (now.value = timeOfServer()), 5000)
    return () => {
      if (--shown === 0) clearInterval(timer)
    }
  }, [])
  if (at === null || at === undefined) return <span class="soft">{none}</span>
  return (
    <time dateTime={at} title={exactly(at, zone.value)}>
      {describeInstant(at, Math.max(now.value, timeOfServer()), zone.value)}
    </time>
  )
}
