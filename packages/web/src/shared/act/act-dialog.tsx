// The dialog of one step: form, confirmation, what failed, and a secret that is shown once.
import type { ComponentChildren, VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import type { FormRow } from '@countersign/admin/forms'
import { table, type OperationRow } from '@countersign/admin/table'
import type { Input } from '../call.ts'
import type { CallError } from '../call-error.ts'
import { announce } from '../components/announcer.tsx'
import { Callout } from '../components/card.tsx'
import { Dialog } from '../components/dialog.tsx'
import { closeDialog } from '../components/open-dialog.tsx'
import { Name } from '../components/name.tsx'
import { refreshAll } from '../reads.ts'
import { isOperator } from '../session.ts'
import type { ActProps } from './act-props.ts'
import type { FieldErrors } from './check-fields.ts'
import { SameAsCommand } from './command.tsx'
import { Conflict } from './conflict.tsx'
import { doneWords } from './done-words.ts'
import { StepFailed } from './failed.tsx'
import { FormFields } from './form.tsx'
import { beginForm, planForm, pointersOf, readForm } from './form-plan.ts'
import { focusWrong } from './focus-wrong.ts'
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
  const [plan] = useState(() => planForm(form, props))
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
  const needsName = row.destructive === true && operation.endsWith('.delete')
  const expectedName = props.typedName ?? String(Object.values(read.input.params).at(-1))
  // While it is not known whether it was done, the same step is the only one that is safe.
  const isLocked = isBusy || failure?.kind === 'lost' || failure?.kind === 'again'

  const submit = async (match = ifMatch) => {
    const problems = check()
    setWrong(problems)
    if (Object.keys(problems).length > 0) {
      attempt.forget()
      return focusWrong(body.current)
    }
    const { input } = read
    const sent = await attempt.send(input as unknown as Input<OperationName>, ifMatchFor(row, match))
    if ('error' in sent) {
      setWrong(place(sent.error).placed)
      // What asks for a sign-in has a field of its own, and what compares two versions comes later.
      if (sent.kind !== 'again' && sent.kind !== 'changed') focusWrong(body.current)
      return undefined
    }
    const secret = secretOf(operation, sent.output, input, sent.wasRepeated)
    if (secret) setFound({ once: secret, output: sent.output })
    else closeDialog()
    finish(sent.output, !secret)
  }

  const place = ({ errors }: CallError) => placeErrors(errors, pointersOf(plan))

  const finish = (output: OperationOutput<OperationName>, isOver: boolean) => {
    void refreshAll()
    if (!isOver) return
    keepFocus()
    announce(typeof props.done === 'function' ? props.done(output) : (props.done ?? doneWords(operation)))
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
    <Dialog title={withSubject(title, { ...props.fixed, ...props.params })} keep={isTyped ? unsent : undefined}>
      <StepForm
        form={body}
        label={label}
        isDanger={row.destructive === true || tone === 'danger'}
        isLocked={isLocked}
        onSubmit={() => void submit()}
      >
        {consequence && <Callout tone={tone === 'danger' ? 'warn' : 'go'}>{consequence}</Callout>}
        {failure && failure.kind !== 'changed' && (
          <StepFailed kind={failure.kind} error={failure.error} rest={place(failure.error).rest} onAgain={() => void submit()} />
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
        {wrong[''] && (
          <p class="wrong" role="alert">
            {wrong['']}
          </p>
        )}
        <fieldset class="plain" disabled={isLocked}>
          <FormFields
            plan={plan}
            draft={draft}
            errors={wrong}
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

/** Which client or organization it acts on, where the title does not say so: the page behind does not tell it to each reader. */
function withSubject(title: string, { client, organization, realm }: Readonly<Record<string, unknown>>): ComponentChildren {
  const about = client ?? (isOperator() && realm !== 'operators' ? (organization ?? realm) : undefined)
  if (typeof about !== 'string' || title.includes(about)) return title
  return (
    <>
      {title}{' '}
      <small class="soft">
        {client ? 'Client' : organization ? 'Organization' : 'Realm'} <Name>{about}</Name>
      </small>
    </>
  )
}

/** The title asks what the button says, unless it names what is made. */
function askedBy(label: string): string {
  return label.startsWith('New ') ? label : `${label}?`
}

function ifMatchFor(row: OperationRow, version: number | undefined): number | '*' | undefined {
  if (!row.ifMatch) return undefined
  return version ?? (row.needsIfMatch ? '*' : undefined)
}
