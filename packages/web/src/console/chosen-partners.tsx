// The partners that were chosen, below the field that chooses them. Tab goes past them to the next field; the left arrow goes from the empty
// field into them, where Enter, Delete and Backspace take one out.
import type { VNode } from 'preact'
import { Icon } from '../shared/components/icon.tsx'
import { Name } from '../shared/components/name.tsx'
import type { ChosenPartner } from './new-organization-plan.ts'

export interface ChosenPartnersProps {
  readonly chosen: readonly ChosenPartner[]
  readonly isDisabled: boolean
  readonly onRemove: (id: string) => void
}

export function ChosenPartners({ chosen, isDisabled, onRemove }: ChosenPartnersProps): VNode | null {
  if (chosen.length === 0) return null
  const onKeyDown = (event: KeyboardEvent) => {
    const button = event.currentTarget as HTMLElement
    const item = button.closest('li')
    if (event.key === 'Delete' || event.key === 'Backspace') button.click()
    else if (event.key === 'ArrowLeft') focusIn(item?.previousElementSibling)
    else if (event.key === 'ArrowRight') focusIn(item?.nextElementSibling ?? item?.closest('.field'))
    else return
    event.preventDefault()
  }
  return (
    <ul class="chosen">
      {chosen.map(({ id, name, isNew }) => (
        <li key={id}>
          <Name>{name}</Name> {isNew && <span class="soft">new, {id}</span>}
          <button
            type="button"
            class="bare"
            tabIndex={-1}
            disabled={isDisabled}
            aria-label={`Take ${name} out`}
            onKeyDown={onKeyDown}
            onClick={({ currentTarget }) => {
              // It is gone then.
              focusIn(currentTarget.closest('.field'))
              onRemove(id)
            }}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function focusIn(element: Element | null | undefined): void {
  element?.querySelector<HTMLElement>('input, button')?.focus()
}

/** From the field to the last of them. */
export function focusLastChosen(field: Element): void {
  focusIn(field.closest('.field')?.parentElement?.querySelector('.chosen > :last-child'))
}
