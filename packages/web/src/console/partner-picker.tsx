// Chooses partners of a realm, or names new ones.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { sortByName } from '../shared/by-name.ts'
import { call } from '../shared/call.ts'
import { Combobox } from '../shared/combobox.tsx'
import { Name } from '../shared/components/name.tsx'
import { ChosenPartners, focusLastChosen } from './chosen-partners.tsx'
import { newPartnerOf, type ChosenPartner } from './new-organization-plan.ts'

export interface PartnerPickerProps {
  readonly realm: string
  readonly chosen: readonly ChosenPartner[]
  readonly isDisabled?: boolean
  /** What is typed and not chosen yet. */
  readonly text: string
  readonly wrong?: string | undefined
  readonly onText: (text: string) => void
  readonly onChange: (chosen: readonly ChosenPartner[]) => void
}

interface Found {
  readonly found: readonly ChosenPartner[]
  readonly foundBy: string
}

const pauseMs = 200
/** As many as the server gives at once: sorted by name, those that come first are then the first of all. */
const maxFound = 200
const maxOffered = 20

export function PartnerPicker({ realm, chosen, isDisabled = false, text, wrong, onText, onChange }: PartnerPickerProps): VNode {
  const [{ found, foundBy }, setFound] = useState<Found>({ found: [], foundBy: '' })
  const search = text.trim()
  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(
      () => {
        const query = { limit: maxFound, ...(search !== '' && { search }) }
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
  const offered = found.filter((partner) => isMeant(partner) && !chosen.some(({ id }) => id === partner.id)).slice(0, maxOffered)
  const pick = (partner: ChosenPartner) => {
    onChange([...chosen.filter(({ id }) => id !== partner.id), partner])
    onText('')
  }
  // What names exactly one needs no choice.
  const named = found.filter(({ id, name }) => id === search.toLowerCase() || name.toLowerCase() === search.toLowerCase())
  const pickNamed = () => named.length === 1 && foundBy === search && pick(named[0]!)
  // The list came after the field was left.
  useEffect(() => {
    if (wrong !== undefined) pickNamed()
  }, [foundBy, wrong])
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
        hint="Choose one, or write the name of a new one; its id may stand before the name. Backspace in the empty field takes the last one out."
        wrong={wrong}
        onText={onText}
        onPick={({ partner }) => pick({ ...partner, id: partner.id === 'new' ? crypto.randomUUID() : partner.id })}
        onLeave={pickNamed}
        onKeyWhileEmpty={({ key, currentTarget }) => {
          if (key === 'Backspace') onChange(chosen.slice(0, -1))
          if (key === 'ArrowLeft') focusLastChosen(currentTarget as Element)
        }}
      />
      <ChosenPartners chosen={chosen} isDisabled={isDisabled} onRemove={(gone) => onChange(chosen.filter(({ id }) => id !== gone))} />
    </div>
  )
}
