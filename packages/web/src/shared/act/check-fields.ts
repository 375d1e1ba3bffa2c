// Reads a filled-in form: the input of the operation, or what is wrong with which field. The server checks everything again, and more.
import type { Field, Fields } from '@countersign/admin/forms'
import { beginDraft, controlOf, isBlank, pointerTo, recordOf, secondsPer, type Draft, type Typed, type Unit } from './field-values.ts'

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

class WrongValue extends Error {}

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
      return checkNumber(field, parseUnits(text))
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

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function checkText({ pattern, minLength = 0, maxLength = Infinity, choices, example, words }: Field, text: string): string {
  const longest = Math.min(maxLength, Number(/\{1,(\d+)\}\$$/.exec(pattern ?? '')?.[1] ?? Infinity))
  const length = [...text].length
  if (length > longest) throw new WrongValue(`At most ${longest.toLocaleString('en')} characters; this has ${length.toLocaleString('en')}.`)
  if (length < minLength) throw new WrongValue(`At least ${minLength} characters.`)
  if (choices && !choices.includes(text)) throw new WrongValue(`"${text}" is none of the choices.`)
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) throw new WrongValue(describePattern(pattern, example, words))
  return text
}

function describePattern(pattern: string, example: unknown, words = ''): string {
  if (pattern.startsWith('^[0-9a-f]{8}-')) return 'Write a UUID in lower case, such as 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11.'
  if (pattern.endsWith('[a-z0-9][a-z0-9-]{0,62}$'))
    return 'Lower-case letters, digits and "-", at most 63, beginning with a letter or digit.'
  if (pattern.startsWith('^[^\\x00')) return 'Text on one line, without control characters.'
  if (example !== undefined) return `Write it like "${String(example)}".`
  return words === '' ? 'This has the wrong form.' : `This does not fit: ${words}`
}

function checkNumber({ minimum = -Infinity, maximum = Infinity, whole }: Field, value: number): number {
  if (!Number.isFinite(value)) throw new WrongValue('Write a number.')
  if (whole && !Number.isInteger(value)) throw new WrongValue('Write a whole number.')
  if (value < minimum) throw new WrongValue(`At least ${minimum.toLocaleString('en')}.`)
  if (value > maximum) throw new WrongValue(`At most ${maximum.toLocaleString('en')}.`)
  return value
}

function checkCount<Value>({ minLength = 0, maxLength = Infinity }: Field, values: readonly Value[]): readonly Value[] {
  if (values.length < minLength) throw new WrongValue(minLength === 1 ? 'At least one.' : `At least ${minLength}.`)
  if (values.length > maxLength)
    throw new WrongValue(`At most ${maxLength.toLocaleString('en')}; these are ${values.length.toLocaleString('en')}.`)
  return values
}

function parseUnits(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? []
  if (digits === '') throw new WrongValue('Write a whole number.')
  return Number(digits) * secondsPer[unit as Unit]
}

function parseInstant(text: string): string {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new WrongValue('Write a day and a time.')
  return new Date(ms).toISOString()
}

/** The last member takes the rest of the line, without the quotes that spreadsheets put around a comma. */
function parseRow({ members = {} }: Field, line: string): Readonly<Record<string, string>> {
  const names = Object.entries(members)
  const parts = line.split(',')
  const values = [...parts.slice(0, names.length - 1), parts.slice(names.length - 1).join(',')]
  const entries = names.flatMap(([name, field], index): [string, string][] => {
    const text = (values[index] ?? '').trim().replace(/^"(.*)"$/, (_quoted, inner: string) => inner.replaceAll('""', '"'))
    if (text === '' && field.required) throw new WrongValue(`"${line}": write ${names.map(([one]) => one).join(', ')} on each line.`)
    return text === '' ? [] : [[name, checkText(field, text)]]
  })
  return Object.fromEntries(entries)
}

/** A pair that was there and is gone becomes null, where the server merges. */
function parsePairs({ of }: Field, text: string, before: unknown): Readonly<Record<string, unknown>> {
  const pairs = linesOf(text).map((line): [string, unknown] => {
    const [, name = '', value = ''] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === '' || value === '') throw new WrongValue(`"${line}": write one name=value on each line.`)
    return [name, of?.type === 'json' ? parseJson(value) : checkText(of!, value)]
  })
  const value = Object.fromEntries(pairs)
  const gone = of?.nullable ? Object.keys(recordOf(before)).filter((name) => !(name in value)) : []
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...value }
}

function parseAny({ type, of, members }: Field, text: string): unknown {
  const value = parseJson(text)
  if (type === 'list' && !Array.isArray(value)) throw new WrongValue('Write a list in JSON, such as [ … ].')
  if (type === 'record' && (of ?? members) && recordOf(value) !== value) throw new WrongValue('Write an object in JSON, such as { … }.')
  return value
}

/** Text that is no JSON stands for itself. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [a, b] = [Object.entries(one), other as Readonly<Record<string, unknown>>]
  return a.length === Object.keys(other).length && a.every(([name, value]) => name in b && isSame(value, b[name]))
}
