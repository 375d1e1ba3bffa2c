// Which fields a form shows at once, which behind "More settings", and what is sent of them.
import type { Field, Fields, FormRow } from '@countersign/admin/forms'
import { readFields, type FieldErrors } from './check-fields.ts'
import { beginDraft, controlOf, leavesOf, pointerTo, type Draft } from './field-values.ts'

export interface FormPlan {
  /** What the page does not know, by part of the input. */
  readonly asked: { readonly params: Fields; readonly query: Fields; readonly body: Fields }
  readonly main: readonly Shown[]
  readonly more: readonly Shown[]
  /** The page names no fields, and none is needed: what there is to fill in is in `more`, which is then open. */
  readonly isAllMore: boolean
}

export interface Shown {
  readonly pointer: string
  readonly name: string
  readonly field: Field
}

export interface PlanOptions {
  readonly params: Readonly<Record<string, unknown>>
  readonly fixed?: Readonly<Record<string, unknown>> | undefined
  /** Names of members, in the order in which they are shown; with none there is nothing to set either. */
  readonly fields?: readonly string[] | undefined
  /** Names of members that are not offered. */
  readonly leaves?: readonly string[] | undefined
  /** Names of members that are needed here, although not always. */
  readonly needs?: readonly string[] | undefined
  /** What members are, said for this page. */
  readonly hints?: Readonly<Record<string, string>> | undefined
}

export function planForm(form: FormRow, { params, fixed = {}, fields, leaves = [], needs = [], hints = {} }: PlanOptions): FormPlan {
  const asked = {
    params: without(form.params, params),
    query: without(form.query ?? {}, fixed),
    body: withWords(
      withNeeded(without(form.body ?? {}, { ...fixed, ...Object.fromEntries(leaves.map((name) => [name, true])) }), needs, fixed),
      hints,
    ),
  }
  const all = [...list(asked.params, '/params'), ...list(asked.query, '/query'), ...list(asked.body, '')]
  const named = fields?.flatMap((name) => all.filter((one) => one.name === name && name !== 'reason'))
  const main = named ?? all.filter(({ name, field }) => field.required && name !== 'reason')
  const reason = all.filter(({ name }) => name === 'reason')
  // What the page leaves out and the operation needs is asked for all the same.
  const needed = all.filter((one) => one.field.required && !main.includes(one) && !reason.includes(one))
  const shown = [...main, ...needed, ...reason]
  const isAllMore = fields === undefined && shown.length === reason.length
  return { asked, main: shown, more: fields?.length === 0 ? [] : all.filter((one) => !shown.includes(one)), isAllMore }
}

function list(fields: Fields, base: string): Shown[] {
  return Object.entries(fields).map(([name, field]) => ({ pointer: pointerTo(base, name), name, field }))
}

function without(fields: Fields, known: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => known[name] === undefined))
}

/** What is done although a check speaks against it needs a reason: the schema cannot say so, as it depends on another member. */
function withNeeded(fields: Fields, needs: readonly string[], { force, emergency }: Readonly<Record<string, unknown>>): Fields {
  const needed = new Set(force === true || emergency === true ? [...needs, 'reason'] : needs)
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, needed.has(name) ? { ...field, required: true as const } : field]),
  )
}

function withWords(fields: Fields, hints: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, hints[name] === undefined ? field : { ...field, words: hints[name] }]),
  )
}

export function beginForm({ asked: { params, query, body } }: FormPlan, initial: Readonly<Record<string, unknown>> | undefined): Draft {
  return { ...beginDraft(params, initial, '/params'), ...beginDraft(query, initial, '/query'), ...beginDraft(body, initial) }
}

export interface FormInput {
  readonly params: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>>
}

export interface ReadForm {
  readonly input: FormInput
  readonly errors: FieldErrors
  /** For an edit: nothing but the reason would be sent. */
  readonly isUnchanged: boolean
}

export interface ReadFormOptions extends PlanOptions {
  readonly initial?: Readonly<Record<string, unknown>> | undefined
  /** Only what was changed is sent. */
  readonly isEdit: boolean
  readonly hasBody: boolean
}

export function readForm({ asked }: FormPlan, draft: Draft, options: ReadFormOptions): ReadForm {
  const { params, fixed = {}, initial, isEdit, hasBody } = options
  const path = readFields(asked.params, draft, { base: '/params' })
  const query = readFields(asked.query, draft, { base: '/query' })
  const body = readFields(asked.body, draft, { initial, onlyChanged: isEdit })
  const whole = { ...fixed, ...body.value }
  const hasQuery = Object.keys(query.value).length > 0
  return {
    input: { params: { ...params, ...path.value }, ...(hasQuery && { query: query.value }), ...(hasBody && { body: whole }) },
    errors: { ...path.errors, ...query.errors, ...body.errors },
    isUnchanged: isEdit && Object.keys(whole).every((name) => name === 'reason'),
  }
}

/** The pointers that have a place for an error. */
export function pointersOf({ main, more }: FormPlan): readonly string[] {
  return [...main, ...more].flatMap(({ pointer, field }) =>
    controlOf(field) === 'members' ? leavesOf(field.members!, pointer).map((leaf) => leaf.pointer) : [pointer],
  )
}
