// A field with a list of what can be chosen (ARIA APG, "editable combobox with list autocomplete"): the focus stays in the field, and the
// arrows move through the list.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

export interface ComboOption {
  readonly id: string
  readonly content: ComponentChildren
}

export interface ComboboxProps<Option extends ComboOption> {
  readonly label: string
  readonly isLabelUnseen?: boolean
  readonly text: string
  readonly options: readonly Option[]
  readonly placeholder?: string
  /** The list is open as long as the field is there. */
  readonly isAlwaysOpen?: boolean
  /** What is said where nothing is found. */
  readonly none?: string
  readonly hint?: string
  readonly maxLength?: number
  /** What to write instead. */
  readonly wrong?: string | undefined
  readonly onText: (text: string) => void
  readonly onPick: (option: Option) => void
  /** Enter, while nothing can be chosen. */
  readonly onEnterWithoutOption?: () => void
  /** A key in the empty field. */
  readonly onKeyWhileEmpty?: (event: KeyboardEvent) => void
  /** The focus goes elsewhere. */
  readonly onLeave?: () => void
  /** Called before a paste; true keeps it out of the field. */
  readonly onPaste?: (text: string) => boolean
}

export function Combobox<Option extends ComboOption>(props: ComboboxProps<Option>): VNode {
  const { label, text, options, isAlwaysOpen = false, none, hint, wrong, onText, onPick, onPaste } = props
  const id = useId()
  const list = useRef<HTMLUListElement>(null)
  const [isOpened, setOpened] = useState(false)
  const [active, setActive] = useState(0)
  const isOpen = (isAlwaysOpen || isOpened) && options.length > 0
  const at = Math.min(active, options.length - 1)
  const current = isOpen ? options[at] : undefined
  useEffect(() => setActive(0), [text])
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at, isOpen])
  const pick = (option: Option) => {
    setOpened(false)
    onPick(option)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (text === '') props.onKeyWhileEmpty?.(event)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      if (!isOpen) return setOpened(true)
      return setActive((at + step + options.length) % Math.max(options.length, 1))
    }
    if (event.key === 'Enter' && (current || props.onEnterWithoutOption)) {
      event.preventDefault()
      if (current) pick(current)
      else props.onEnterWithoutOption?.()
    }
    if (event.key === 'Escape' && isOpen && !isAlwaysOpen) {
      event.preventDefault()
      event.stopPropagation()
      setOpened(false)
    }
  }
  return (
    <div class="field combobox">
      <label for={id} class={props.isLabelUnseen ? 'unseen' : undefined}>
        {label}
      </label>
      <input
        id={id}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={current && `${id}-${at}`}
        aria-describedby={[hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined}
        aria-invalid={wrong !== undefined || undefined}
        data-wrong={wrong !== undefined || undefined}
        autocomplete="off"
        spellcheck={false}
        maxLength={props.maxLength}
        placeholder={props.placeholder}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setOpened(true)
          onText(value)
        }}
        onPaste={(event) => {
          if (onPaste?.(event.clipboardData?.getData('text') ?? '')) event.preventDefault()
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setOpened(false)
          props.onLeave?.()
        }}
      />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {wrong && (
        <small id={`${id}-wrong`} class="wrong">
          {wrong}
        </small>
      )}
      <ul id={`${id}-list`} ref={list} role="listbox" aria-label={label} hidden={!isOpen}>
        {options.map((option, index) => (
          <li
            key={option.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            // The focus stays in the field.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => pick(option)}
          >
            {option.content}
          </li>
        ))}
      </ul>
      {isAlwaysOpen && (
        <p class="small soft" role="status">
          {options.length === 0 ? none : ''}
        </p>
      )}
    </div>
  )
}
