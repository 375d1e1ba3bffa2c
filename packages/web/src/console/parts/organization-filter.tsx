// Chooses an organization of the realm by typing: its short name goes into the address once it is the name of one.
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useQueryMembers } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'

const pauseMs = 200

export function OrganizationFilter({ realm }: { readonly realm: string }): VNode | null {
  const { query } = useLocation()
  const change = useQueryMembers()
  const list = useId()
  const chosen = query['organization'] ?? ''
  const [text, setText] = useState(chosen)
  const [asked, setAsked] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => setText(chosen), [chosen])
  useEffect(() => () => clearTimeout(timer.current), [])
  const { answers } = useReads({
    found: read('organizations.list', { params: { realm }, query: { search: asked, limit: 20 } }, { when: asked !== '', every: 300_000 }),
  })
  const items = asked === '' ? [] : (answers?.found?.items ?? [])
  if (!may('organizations:read')) return null
  const type = (value: string) => {
    setText(value)
    clearTimeout(timer.current)
    if (value === '' || items.some(({ slug }) => slug === value)) return change({ organization: value || undefined })
    timer.current = setTimeout(() => setAsked(value), pauseMs)
  }
  return (
    <label class="field">
      <span>Organization</span>
      <input
        type="search"
        list={list}
        value={text}
        maxLength={200}
        placeholder="all"
        onInput={({ currentTarget: { value } }) => type(value)}
        // Enter takes what is typed, also if it is not in the list.
        onChange={({ currentTarget: { value } }) => change({ organization: value || undefined })}
      />
      <datalist id={list}>
        {items.map(({ slug, name }) => (
          <option key={slug} value={slug}>
            {name}
          </option>
        ))}
      </datalist>
    </label>
  )
}
