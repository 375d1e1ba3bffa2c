// Chooses partners of a realm, or names new ones.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { sortByName } from '../shared/by-name.ts'
import { call } from '../shared/call.ts'
import { Combobox } from '../shared/combobox.tsx'
import { Icon } from '../shared/components/icon.tsx'
import { Name } from '../shared/components/name.tsx'
import { newPartnerOf, type ChosenPartner } from './new-organization-plan.ts'

export interface PartnerPickerProps {
  readonly realm: string
  readonly chosen: readonly ChosenPartner[]
  readonly isDisabled?: boolean
  readonly onChange: (chosen: readonly ChosenPartner[]) => void
}

interface Found {
  readonly found: readonly ChosenPartner[]
  readonly foundBy: string
}

const pauseMs = 200

export function PartnerPicker({ realm, chosen, isDisabled = false, onChange }: PartnerPickerProps): VNode {
  const [text, setText] = useState('')
  const [{ found, foundBy }, setFound] = useState<Found>({ found: [], foundBy: '' })
  const search = text.trim()
  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(
      () => {
        const query = { limit: 20, ...(search !== '' && { search }) }
        call('partners.list', { params: { realm }, query }, { signal: stop.signal }).then(
          ({ items }) => setFound({ found: sortByName(items).map(({ id, name }) => ({ id, name, isNew: false })), foundBy: search }),
          () => setFound({ found: [], foundBy: search }),
        )
      },
      search === '' ? 0 : pauseMs,
    )
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [search, realm])
  // What was found by an earlier text must not be what Enter picks.
  const isMeant = ({ id, name }: ChosenPartner) =>
    foundBy === search || name.toLowerCase().includes(search.toLowerCase()) || id.startsWith(search.toLowerCase())
  const offered = found.filter((partner) => isMeant(partner) && !chosen.some(({ id }) => id === partner.id))
  const added = newPartnerOf(text, () => 'new')
  const isKnown = found.some(({ name }) => name.toLowerCase() === search.toLowerCase())
  const options = [
    ...offered.map((partner) => ({ id: partner.id, partner, content: <Name>{partner.name}</Name> })),
    ...(added && !isKnown
      ? [
          {
            id: 'new',
            partner: added,
            content: (
              <>
                Register a new partner: <Name>{added.name}</Name>
              </>
            ),
          },
        ]
      : []),
  ]
  return (
    <div class="field">
      <Combobox
        label="Partners that they may act for (optional)"
        text={text}
        options={options}
        maxLength={240}
        hint="Choose one, or write the name of a new one; its id may stand before the name."
        onText={setText}
        onPick={({ partner }) => {
          const id = partner.id === 'new' ? crypto.randomUUID() : partner.id
          onChange([...chosen.filter((one) => one.id !== id), { ...partner, id }])
          setText('')
        }}
      />
      {chosen.length > 0 && (
        <ul class="chosen">
          {chosen.map(({ id, name, isNew }) => (
            <li key={id}>
              <Name>{name}</Name> {isNew && <span class="soft">new, {id}</span>}
              <button
                type="button"
                class="bare"
                disabled={isDisabled}
                aria-label={`Take ${name} out`}
                onClick={() => onChange(chosen.filter((one) => one.id !== id))}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
