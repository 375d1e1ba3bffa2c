// Before a delete: the name of what goes has to be written.
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'

export interface TypedNameProps {
  readonly expected: string
  readonly typed: string
  readonly wrong: string | undefined
  readonly onType: (typed: string) => void
}

export function TypedName({ expected, typed, wrong, onType }: TypedNameProps): VNode {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>
        Write <code>{expected}</code> to delete it
      </label>
      <input
        id={id}
        value={typed}
        autocomplete="off"
        spellcheck={false}
        aria-required
        data-wrong={wrong !== undefined || undefined}
        aria-invalid={wrong !== undefined || undefined}
        aria-describedby={wrong && `${id}-wrong`}
        onInput={({ currentTarget: { value } }) => onType(value)}
      />
      {wrong && (
        <small id={`${id}-wrong`} class="wrong">
          {wrong}
        </small>
      )}
    </div>
  )
}
