// A list of known values: one tick each.
import type { VNode } from 'preact'
import { linesOf } from './check-values.ts'
import type { Choice } from './act-props.ts'
import type { FieldProps } from './field-props.ts'

export function Picks({ field, typed, choices, onType }: FieldProps): VNode {
  // With choices of the page a list of texts is ticked, too; what was there before stays among them.
  const isText = typeof typed === 'string'
  const picked = isText ? linesOf(typed) : Array.isArray(typed) ? typed : []
  const offered: readonly Choice[] = choices ?? field.of?.choices?.map((value) => ({ value })) ?? []
  const others = picked.filter((value) => !offered.some((one) => one.value === value)).map((value) => ({ value, label: value }))
  const pick = (value: string, isPicked: boolean) => {
    const next = isPicked ? [...picked, value] : picked.filter((one) => one !== value)
    onType(isText ? next.join('\n') : next)
  }
  return (
    <div class="picks">
      {[...offered, ...others].map(({ value, label = value }) => (
        <label class="row" key={value}>
          <input type="checkbox" checked={picked.includes(value)} onChange={({ currentTarget: { checked } }) => pick(value, checked)} />
          {label}
        </label>
      ))}
    </div>
  )
}
