// A length of time: a number and its unit, kept as "7d".
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Described } from './field-props.ts'

const units = [
  ['s', 'seconds'],
  ['m', 'minutes'],
  ['h', 'hours'],
  ['d', 'days'],
] as const

interface SecondsProps {
  readonly described: Described
  readonly typed: string
  /** Seconds; a field for less than a day begins with minutes. */
  readonly maximum?: number | undefined
  readonly onType: (typed: string) => void
}

export function SecondsInput({ described, typed, maximum = Infinity, onType }: SecondsProps): VNode {
  const [, count = typed, given] = /^(.*?)([smhd])$/.exec(typed) ?? []
  const [unit, setUnit] = useState(given ?? (maximum <= 86_400 ? 'm' : 'd'))
  const say = (nextCount: string, nextUnit: string) => onType(nextCount === '' ? '' : nextCount + nextUnit)
  return (
    <span class="row">
      <input
        {...described}
        class="short"
        inputMode="numeric"
        autocomplete="off"
        value={count}
        onInput={({ currentTarget: { value } }) => say(value.trim(), unit)}
      />
      <select
        aria-label="Unit"
        value={unit}
        onChange={({ currentTarget: { value } }) => {
          setUnit(value)
          say(count, value)
        }}
      >
        {units.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </span>
  )
}
