import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { useQueryMembers } from '../links.tsx'
import { fromLocalField, toLocalField } from '../local-instant.ts'
import { zone } from '../settings.ts'

/** A field of a list for an instant, in the zone that the person has chosen; in the address it is in UTC. */
export function InstantField({ name, label }: { readonly name: string; readonly label: string }): VNode {
  const { query } = useLocation()
  const change = useQueryMembers()
  return (
    <label class="field">
      <span>{zone.value === 'UTC' ? `${label} (UTC)` : label}</span>
      <input
        type="datetime-local"
        value={toLocalField(query[name] ?? '', zone.value)}
        onChange={({ currentTarget: { value } }) => change({ [name]: fromLocalField(value, zone.value) })}
      />
    </label>
  )
}
