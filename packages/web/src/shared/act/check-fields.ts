// Reads a filled-in form: the input of the operation, or what is wrong with which field. The server checks everything again, and more.
import type { Field, Fields } from '@countersign/admin/forms'
import {
  checkCount,
  checkNumber,
  checkText,
  linesOf,
  parseAny,
  parseInstant,
  parsePairs,
  parseRow,
  parseUnits,
  WrongValue,
} from './check-values.ts'
import { beginDraft, controlOf, isBlank, pointerTo, recordOf, type Draft, type Typed } from './field-values.ts'

/** By JSON pointer: what to write instead. */
export type FieldErrors = Readonly<Record<string, string>>

export interface ReadResult {
  readonly value: Readonly<Record<string, unknown>>
  readonly errors: FieldErrors
}

export interface ReadOptions {
  /** What the page showed. An emptied field then takes the value away; without it an empty field is left out. */
  readonly initial?: Readonly<Record<string, unknown>> | undefined
  /** Leaves out what is as it was. */
  readonly onlyChanged?: boolean
  readonly base?: string
}

export function readFields(fields: Fields, draft: Draft, { initial = {}, onlyChanged = false, base = '' }: ReadOptions = {}): ReadResult {
  const value: Record<string, unknown> = {}
  const errors: Record<string, string> = {}
  for (const [name, field] of Object.entries(fields)) {
    const pointer = pointerTo(base, name)
    const before = initial[name]
    // Also what would not pass today, such as an old name, stays as it is.
    if (onlyChanged && isUntouched({ [name]: field }, draft, initial, base)) continue
    const read = readField(field, draft, before, pointer)
    Object.assign(errors, read.errors)
    if (read.value === undefined || (onlyChanged && isSame(read.value, before))) continue
    // What the server would assume by itself is not said.
    if (before === undefined && isSame(read.value, field.default)) continue
    value[name] = read.value
  }
  return { value, errors }
}

function isUntouched(fields: Fields, draft: Draft, initial: Readonly<Record<string, unknown>>, base: string): boolean {
  return Object.entries(beginDraft(fields, initial, base)).every(([pointer, typed]) => isSame(typed, draft[pointer]))
}

interface Read {
  readonly value?: unknown
  readonly errors?: FieldErrors
}

function readField(field: Field, draft: Draft, before: unknown, pointer: string): Read {
  if (controlOf(field) === 'members') return readMembers(field, draft, before, pointer)
  const typed = draft[pointer]
  if (typed === undefined) return {}
  try {
    return { value: readTyped(field, typed, before) }
  } catch (wrong) {
    if (!(wrong instanceof WrongValue)) throw wrong
    return { errors: { [pointer]: wrong.message } }
  }
}

function readMembers(field: Field, draft: Draft, before: unknown, pointer: string): Read {
  const { value, errors } = readFields(field.members!, draft, { initial: recordOf(before), base: pointer })
  const isEmpty = Object.keys(value).length === 0 && !field.required && isBlank(before)
  return isEmpty ? { errors } : { value, errors }
}

/** @throws WrongValue */
function readTyped(field: Field, typed: Typed, before: unknown): unknown {
  if (typeof typed === 'boolean') return typed
  if (typeof typed !== 'string') return readPicks(field, typed, before)
  const text = typed.trim()
  if (text === '') return readEmpty(field, before)
  switch (controlOf(field)) {
    case 'truth':
      return text === 'true'
    case 'number':
      return checkNumber(field, Number(text))
    case 'seconds':
      return checkNumber(field, parseUnits(text), 'seconds')
    case 'instant':
      return parseInstant(text)
    case 'lines':
      return checkCount(
        field,
        linesOf(text).map((line) => checkText(field.of!, line)),
      )
    case 'rows':
      return checkCount(
        field,
        linesOf(text).map((line) => parseRow(field.of!, line)),
      )
    case 'pairs':
      return parsePairs(field, text, before)
    case 'json':
      return parseAny(field, text)
    default:
      return checkText(field, text)
  }
}

/** An emptied field takes away what was there. */
function readEmpty(field: Field, before: unknown): unknown {
  const control = controlOf(field)
  if (!isBlank(before)) {
    if (field.nullable) return null
    if (control === 'lines' || control === 'rows') return checkCount(field, [])
    if (control === 'pairs') return parsePairs(field, '', before)
    if (control === 'text' && !field.pattern && !field.minLength) return ''
    throw new WrongValue('This cannot be empty.')
  }
  if (field.required) throw new WrongValue(control === 'truth' || control === 'choice' ? 'Choose one.' : 'This is needed.')
  return undefined
}

function readPicks(field: Field, picks: readonly string[], before: unknown): unknown {
  if (picks.length > 0 || (before !== undefined && before !== null)) return checkCount(field, [...picks])
  if (field.required && (field.minLength ?? 0) > 0) throw new WrongValue('Choose at least one.')
  return field.required ? [] : undefined
}

export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [a, b] = [Object.entries(one), other as Readonly<Record<string, unknown>>]
  return a.length === Object.keys(other).length && a.every(([name, value]) => name in b && isSame(value, b[name]))
}
