// Fields above a list. What they say is in the address of the page, so that it can be sent.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { useQueryMembers } from '../links.tsx'

export function Filters({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <div class="row filters" role="search">
      {children}
    </div>
  )
}

const pauseMs = 200

/** Asks 200 ms after the last key. */
export function SearchField({ name, label }: { readonly name: string; readonly label: string }): VNode {
  const { query } = useLocation()
  const change = useQueryMembers()
  const asked = query[name] ?? ''
  const [text, setText] = useState(asked)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => setText(asked), [asked])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="search"
        data-filter
        value={text}
        maxLength={200}
        onInput={({ currentTarget: { value } }) => {
          setText(value)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => change({ [name]: value }), pauseMs)
        }}
      />
    </label>
  )
}

export interface ChoiceProps {
  readonly name: string
  readonly label: string
  /** Value and word; the first is the default and is not in the address. */
  readonly choices: readonly (readonly [value: string, word: string])[]
}

export function Choice({ name, label, choices }: ChoiceProps): VNode {
  const { query } = useLocation()
  const change = useQueryMembers()
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={query[name] ?? choices[0]?.[0]}
        onChange={({ currentTarget: { value } }) => change({ [name]: value === choices[0]?.[0] ? undefined : value })}
      >
        {choices.map(([value, word]) => (
          <option key={value} value={value}>
            {spellOutInvisible(word)}
          </option>
        ))}
      </select>
    </label>
  )
}
