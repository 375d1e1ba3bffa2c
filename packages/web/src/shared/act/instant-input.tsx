// A day and a time in the time zone of the pages; kept in ISO 8601.
import type { VNode } from 'preact'
import { fromLocalField, toLocalField } from '../local-instant.ts'
import { zone } from '../settings.ts'
import type { Described } from './field-props.ts'

interface InstantProps {
  readonly described: Described
  readonly iso: string
  readonly onType: (iso: string) => void
}

export function InstantInput({ described, iso, onType }: InstantProps): VNode {
  return (
    <span class="row">
      <input
        {...described}
        type="datetime-local"
        defaultValue={toLocalField(iso, zone.value)}
        onInput={({ currentTarget: { value } }) => onType(fromLocalField(value, zone.value) ?? '')}
      />
      <span class="small soft">{zone.value ?? 'your time'}</span>
    </span>
  )
}
