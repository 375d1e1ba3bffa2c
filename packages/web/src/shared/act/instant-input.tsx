// A day and a time in the time zone of the pages; kept in ISO 8601.
import type { VNode } from 'preact'
import { zone } from '../settings.ts'
import type { Described } from './field-props.ts'
import { toIso, toLocal } from './local-time.ts'

interface InstantProps {
  readonly described: Described
  readonly iso: string
  readonly onType: (iso: string) => void
}

export function InstantInput({ described, iso, onType }: InstantProps): VNode {
  const isUtc = zone.value === 'UTC'
  return (
    <span class="row">
      <input
        {...described}
        type="datetime-local"
        defaultValue={toLocal(iso, isUtc)}
        onInput={({ currentTarget: { value } }) => onType(toIso(value, isUtc))}
      />
      <span class="small soft">{isUtc ? 'UTC' : 'your time'}</span>
    </span>
  )
}
