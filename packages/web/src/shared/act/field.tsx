// One field of a form: its label, its control by type, a hint, and what is wrong with it.
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { Field } from '@countersign/admin/forms'
import type { Choice } from './act-props.ts'
import type { Described, FieldProps } from './field-props.ts'
import { hintOf } from './field-hints.ts'
import { controlOf } from './field-values.ts'
import { InstantInput } from './instant-input.tsx'
import { Picks } from './picks.tsx'
import { SecondsInput } from './seconds-input.tsx'

export function FormField(props: FieldProps): VNode {
  const { label, field, typed, wrong, isEdit = false, onType } = props
  const id = useId()
  const hint = hintOf(field, props.choices !== undefined)
  const described: Described = {
    id,
    'aria-describedby': [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined,
    'aria-invalid': wrong !== undefined || undefined,
    'aria-required': field.required,
    'data-wrong': wrong !== undefined || undefined,
  }
  const below = (
    <>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {wrong && (
        <small id={`${id}-wrong`} class="wrong">
          {wrong}
        </small>
      )}
    </>
  )
  if (typeof typed === 'boolean')
    return (
      <div class="field">
        <label class="row">
          <input type="checkbox" {...described} checked={typed} onChange={({ currentTarget }) => onType(currentTarget.checked)} />
          {label}
        </label>
        {below}
      </div>
    )
  const name = field.required || isEdit ? label : `${label} (optional)`
  if (typeof typed !== 'string' || (props.choices && controlOf(field) === 'lines'))
    return (
      <fieldset class="field" aria-describedby={described['aria-describedby']} data-wrong={described['data-wrong']} tabIndex={-1}>
        <legend>{name}</legend>
        <Picks {...props} />
        {below}
      </fieldset>
    )
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <TextControl {...props} typed={typed} described={described} />
      {below}
    </div>
  )
}

function TextControl({
  pointer,
  field,
  typed,
  choices,
  isEdit = false,
  onType,
  described,
}: FieldProps & { readonly typed: string; readonly described: Described }): VNode {
  const control = controlOf(field)
  const options = choices ?? choicesOf(field)
  const type = ({ currentTarget: { value } }: { currentTarget: { value: string } }) => onType(value)
  if (options)
    return (
      <select {...described} value={typed} onChange={type}>
        <option value="">{field.required ? 'Choose' : field.nullable ? withoutValue(field) : isEdit ? 'As it is' : 'Default'}</option>
        {options.map(({ value, label = value }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    )
  if (control === 'instant') return <InstantInput described={described} iso={typed} onType={onType} />
  if (control === 'seconds') return <SecondsInput described={described} typed={typed} maximum={field.maximum} onType={onType} />
  if (control === 'lines' || control === 'rows' || control === 'pairs' || control === 'json' || (field.maxLength ?? 0) > 5000)
    return (
      <textarea {...described} class={control === 'lines' ? undefined : 'mono'} rows={2} value={typed} spellcheck={false} onInput={type} />
    )
  return (
    <span class="row">
      <input
        {...described}
        value={typed}
        inputMode={control === 'number' ? 'numeric' : undefined}
        autocomplete="off"
        spellcheck={false}
        onInput={type}
      />
      {makesIds.has(pointer) && (
        <button type="button" onClick={() => onType(crypto.randomUUID())}>
          New id
        </button>
      )}
    </span>
  )
}

/** What null stands for. */
function withoutValue({ words = '' }: Field): string {
  const [, rest] = /\bnull for t(hat of the \w+)/.exec(words) ?? []
  return rest === undefined ? 'None' : `T${rest}`
}

/** Ids that are made here where no other system has one. */
const makesIds: ReadonlySet<string> = new Set(['/params/partner', '/id'])

function choicesOf(field: Field): readonly Choice[] | undefined {
  if (field.type === 'choice') return field.choices?.map((value) => ({ value }))
  if (field.type !== 'boolean') return undefined
  return [
    { value: 'true', label: 'Yes' },
    { value: 'false', label: 'No' },
  ]
}
