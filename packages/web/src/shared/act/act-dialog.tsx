// The dialog of one step: form, confirmation, what failed, and a secret that is shown once.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import type { FormRow } from '@countersign/admin/forms'
import { table, type OperationRow } from '@countersign/admin/table'
import type { Input } from '../call.ts'
import { announce } from '../components/announcer.tsx'
import { Callout } from '../components/card.tsx'
import { closeDialog, Dialog } from '../components/dialog.tsx'
import { refreshAll } from '../reads.ts'
import type { ActProps } from './act-props.ts'
import type { FieldErrors } from './check-fields.ts'
import { SameAsCommand } from './command.tsx'
import { Conflict } from './conflict.tsx'
import { StepFailed } from './failed.tsx'
import { FormFields } from './form.tsx'
import { beginForm, planForm, pointersOf, readForm } from './form-plan.ts'
import { placeErrors } from './outcome.ts'
import { keepFocus } from './keep-focus.ts'
import { SecretOfAnswer, secretOf, type FoundLink, type FoundSecret } from './secret-of-answer.tsx'
import { StepForm, unsent } from './step-form.tsx'
import { TypedName } from './typed-name.tsx'
import { useAttempt } from './use-attempt.ts'

type DialogProps = ActProps<OperationName> & { readonly form: FormRow }

export function ActDialog(props: DialogProps): VNode {
  const { operation, form, label, title = askedBy(label), consequence, version, initial, tone } = props
  const row: OperationRow = table[operation]
  const isEdit = row.method === 'PATCH'
  const [plan] = useState(() =>
    planForm(form, { params: props.params, fixed: props.fixed, fields: props.fields, leaves: props.leaves, needs: props.needs }),
  )
  const [begun] = useState(() => beginForm(plan, initial))
  const [draft, setDraft] = useState(begun)
  const [wrong, setWrong] = useState<FieldErrors>({})
  const [nameMissing, setNameMissing] = useState<string>()
  const [typedName, setTypedName] = useState('')
  const [ifMatch, setIfMatch] = useState(version)
  const [found, setFound] = useState<{ readonly once: FoundSecret | FoundLink; readonly output: OperationOutput<OperationName> }>()
  const body = useRef<HTMLFormElement>(null)
  const attempt = useAttempt(operation)
  const { failure, isBusy } = attempt

  const options = {
    params: props.params,
    fixed: props.fixed,
    initial: isEdit ? initial : undefined,
    isEdit,
    hasBody: form.body !== undefined,
  }
  const read = readForm(plan, draft, options)
  const { placed, rest } = placeErrors(failure?.kind === 'fields' ? failure.error.errors : [], pointersOf(plan))
  const errors = { ...placed, ...wrong }
  const needsName = row.destructive === true && operation.endsWith('.delete')
  const expectedName = props.typedName ?? String(Object.values(read.input.params).at(-1))
  // While it is not known whether it was done, the same step is the only one that is safe.
  const isLocked = isBusy || failure?.kind === 'lost' || failure?.kind === 'again'

  useEffect(() => {
    if (Object.keys(errors).length > 0) body.current?.querySelector<HTMLElement>('[data-wrong]')?.focus()
  }, [wrong, failure])

  const submit = async (match = ifMatch) => {
    const problems = check()
    setWrong(problems)
    if (Object.keys(problems).length > 0) return attempt.forget()
    const { input } = read
    const sent = await attempt.send(input as unknown as Input<OperationName>, ifMatchFor(row, match))
    if (!sent) return
    const secret = secretOf(operation, sent.output, input, sent.wasRepeated)
    if (secret) setFound({ once: secret, output: sent.output })
    else closeDialog()
    finish(sent.output, !secret)
  }

  const finish = (output: OperationOutput<OperationName>, isOver: boolean) => {
    void refreshAll()
    if (!isOver) return
    keepFocus()
    announce(typeof props.done === 'function' ? props.done(output) : (props.done ?? 'Done.'))
    props.onDone?.(row.secret && output ? ({ ...output, [row.secret]: null } as typeof output) : output)
  }

  const check = (): FieldErrors => {
    const nameIsWrong = needsName && typedName.trim() !== expectedName
    setNameMissing(nameIsWrong ? `Write ${expectedName}.` : undefined)
    if (nameIsWrong) return { ...read.errors, '/typed-name': '' }
    return read.isUnchanged && Object.keys(read.errors).length === 0 ? { '': 'Nothing is changed yet.' } : read.errors
  }

  if (found) return <SecretOfAnswer found={found.once} onClose={() => finish(found.output, true)} />
  const isTyped = Object.entries(draft).some(([pointer, typed]) => typed !== begun[pointer])
  return (
    <Dialog title={title} keep={isTyped ? unsent : undefined}>
      <StepForm
        form={body}
        label={label}
        isDanger={row.destructive === true || tone === 'danger'}
        isLocked={isLocked}
        onSubmit={() => void submit()}
      >
        {consequence && <Callout tone={tone === 'danger' ? 'warn' : 'go'}>{consequence}</Callout>}
        {failure && failure.kind !== 'changed' && (
          <StepFailed kind={failure.kind} error={failure.error} rest={rest} onAgain={() => void submit()} />
        )}
        {failure?.kind === 'changed' && (
          <Conflict
            operation={operation}
            input={read.input}
            onMine={(current) => {
              setIfMatch(current)
              void submit(current)
            }}
            onTheirs={() => {
              closeDialog()
              void refreshAll()
            }}
          />
        )}
        {errors[''] && (
          <p class="wrong" role="alert">
            {errors['']}
          </p>
        )}
        <fieldset class="plain" disabled={isLocked}>
          <FormFields
            plan={plan}
            draft={draft}
            errors={errors}
            choices={props.choices}
            names={props.names}
            isEdit={isEdit}
            onType={(pointer, typed) => {
              setDraft((before) => ({ ...before, [pointer]: typed }))
              setWrong((before) => without(before, pointer, ''))
            }}
          />
          {needsName && <TypedName expected={expectedName} typed={typedName} wrong={nameMissing} onType={setTypedName} />}
        </fieldset>
        {row.destructive && <p class="small">This cannot be undone.</p>}
        <SameAsCommand operation={operation} input={read.input} isComplete={Object.keys(read.errors).length === 0} />
      </StepForm>
    </Dialog>
  )
}

function without(errors: FieldErrors, ...pointers: readonly string[]): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter(([pointer]) => !pointers.includes(pointer)))
}

/** The title asks what the button says. */
function askedBy(label: string): string {
  return `${label}?`
}

function ifMatchFor(row: OperationRow, version: number | undefined): number | '*' | undefined {
  if (!row.ifMatch) return undefined
  return version ?? (row.needsIfMatch ? '*' : undefined)
}
