// What a form holds while it is filled in: a text, a switch or a list of ticks for each field, by JSON pointer. Pointers are those that the
// server names in errors: `/name` is in the body, `/params/partner` in the path, `/query/force` in the query.
import type { Field, Fields } from '@countersign/admin/forms'

export type Typed = string | boolean | readonly string[]
export type Draft = Readonly<Record<string, Typed>>

/**
 * How a field is filled in. "lines" is one value a line, "rows" one record of texts a line with commas, as spreadsheets save them, "pairs" one
 * `name=value` a line, "picks" ticks, "truth" a switch.
 */
export type Control =
  | 'text'
  | 'number'
  | 'seconds'
  | 'instant'
  | 'truth'
  | 'choice'
  | 'picks'
  | 'lines'
  | 'rows'
  | 'pairs'
  | 'members'
  | 'json'

export function controlOf(field: Field): Control {
  const { type, of, members, words = '' } = field
  if (type === 'number') return field.whole && /\bseconds\b/.test(words) ? 'seconds' : 'number'
  if (type === 'boolean') return 'truth'
  if (type === 'list') return controlOfList(of)
  if (type === 'record') return members ? 'members' : of?.type === 'text' || of?.type === 'choice' || of?.type === 'json' ? 'pairs' : 'json'
  return type
}

function controlOfList(of: Field | undefined): Control {
  if (of?.type === 'choice') return 'picks'
  if (of?.type === 'text') return 'lines'
  return of?.members && Object.values(of.members).every(({ type }) => type === 'text') ? 'rows' : 'json'
}

export interface Leaf {
  readonly pointer: string
  readonly name: string
  readonly field: Field
}

/** The fields that are filled in, without the records around them. */
export function leavesOf(fields: Fields, base = ''): readonly Leaf[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const pointer = pointerTo(base, name)
    return controlOf(field) === 'members' ? leavesOf(field.members!, pointer) : [{ pointer, name, field }]
  })
}

export function pointerTo(base: string, name: string): string {
  return `${base}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The draft that shows these values, or the defaults. */
export function beginDraft(fields: Fields, values: Readonly<Record<string, unknown>> = {}, base = ''): Draft {
  const entries = Object.entries(fields).flatMap(([name, field]): [string, Typed][] => {
    const pointer = pointerTo(base, name)
    const value = values[name] === undefined ? field.default : values[name]
    if (controlOf(field) === 'members') return Object.entries(beginDraft(field.members!, recordOf(value), pointer))
    return [[pointer, typedOf(field, value)]]
  })
  return Object.fromEntries(entries)
}

/** What stands in the field for a value. */
export function typedOf(field: Field, value: unknown): Typed {
  switch (controlOf(field)) {
    case 'truth':
      // Without a value it is neither: a choice of three.
      return typeof value === 'boolean' ? value : ''
    case 'picks':
      return Array.isArray(value) ? (value as string[]) : []
    case 'lines':
      return Array.isArray(value) ? value.join('\n') : ''
    case 'rows':
      return Array.isArray(value) ? value.map((row) => rowOf(field, row)).join('\n') : ''
    case 'pairs':
      return Object.entries(recordOf(value))
        .map(([name, one]) => `${name}=${textOf(one)}`)
        .join('\n')
    case 'seconds':
      return typeof value === 'number' ? describeUnits(value) : ''
    case 'json':
      return isBlank(value) ? '' : textOf(value)
    default:
      return value === undefined || value === null ? '' : String(value)
  }
}

function rowOf({ of }: Field, value: unknown): string {
  const values = Object.keys(of?.members ?? {}).map((name) => recordOf(value)[name])
  return values
    .filter((one) => one !== undefined)
    .map((one) => quoted(String(one)))
    .join(',')
}

function quoted(text: string): string {
  return /^"|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Nothing, or nothing in it. */
export function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.values(value).every(isBlank)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 } as const
export type Unit = keyof typeof secondsPer

/** 120 is "2m". */
export function describeUnits(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((one) => seconds >= secondsPer[one] && seconds % secondsPer[one] === 0) ?? 's'
  return `${seconds / secondsPer[unit]}${unit}`
}
