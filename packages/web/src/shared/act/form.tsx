// The fields of a form: those that matter at once, the rest behind "More settings".
import type { VNode } from 'preact'
import type { Choice } from './act-props.ts'
import type { FieldErrors } from './check-fields.ts'
import { controlOf, pointerTo, type Draft, type Typed } from './field-values.ts'
import { nameOf } from './field-names.ts'
import { FormField } from './field.tsx'
import type { FormPlan, Shown } from './form-plan.ts'

export interface FormProps {
  readonly plan: FormPlan
  readonly draft: Draft
  readonly errors: FieldErrors
  readonly choices?: Readonly<Record<string, readonly Choice[]>> | undefined
  readonly names?: Readonly<Record<string, string>> | undefined
  readonly isEdit?: boolean
  readonly onType: (pointer: string, typed: Typed) => void
}

export function FormFields(props: FormProps): VNode {
  const { plan, errors } = props
  const isOpen = plan.isAllMore || plan.more.some(({ pointer }) => hasError(errors, pointer))
  // A reason that can be left out comes last. One that is needed never looks like a part of the fold.
  const isLast = ({ name, field }: Shown) => name === 'reason' && !field.required
  return (
    <>
      {plan.main.map((one) => !isLast(one) && <OneField key={one.pointer} {...props} shown={one} />)}
      {plan.more.length > 0 && (
        <details open={isOpen}>
          <summary>More settings</summary>
          <div class="body">
            {plan.more.map((one) => (
              <OneField key={one.pointer} {...props} shown={one} />
            ))}
          </div>
        </details>
      )}
      {plan.main.filter(isLast).map((one) => (
        <OneField key={one.pointer} {...props} shown={one} />
      ))}
    </>
  )
}

function hasError(errors: FieldErrors, pointer: string): boolean {
  return Object.keys(errors).some((one) => one === pointer || one.startsWith(`${pointer}/`))
}

function OneField(props: FormProps & { readonly shown: Shown }): VNode | null {
  const { shown, draft, errors, choices, names, isEdit, onType } = props
  const { pointer, name, field } = shown
  const label = names?.[name] ?? nameOf(name)
  if (controlOf(field) === 'members')
    return (
      <fieldset class="group">
        <legend>{label}</legend>
        {field.words && <small class="soft">{field.words}</small>}
        {Object.entries(field.members!).map(([member, one]) => (
          <OneField key={member} {...props} shown={{ pointer: pointerTo(pointer, member), name: member, field: one }} />
        ))}
      </fieldset>
    )
  const typed = draft[pointer]
  if (typed === undefined) return null
  return (
    <FormField
      pointer={pointer}
      label={label}
      field={field}
      typed={typed}
      wrong={errors[pointer]}
      choices={choices?.[name]}
      isEdit={isEdit}
      onType={(next) => onType(pointer, next)}
    />
  )
}
