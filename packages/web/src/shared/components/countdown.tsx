import type { VNode } from 'preact'
import { zone } from '../settings.ts'
import { exactly } from '../describe-time.ts'
import { useNow } from '../use-now.ts'

/** How long it is to an instant, to the second within the last hour: "4:12". It is no live region: that would be read out each second. */
export function Countdown({ until }: { readonly until: string }): VNode {
  const left = Math.max(0, Date.parse(until) - useNow())
  return (
    <time class="countdown" dateTime={until} title={exactly(until, zone.value)}>
      {describeCountdown(left)}
    </time>
  )
}

function describeCountdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const two = (number: number) => String(number).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
}
