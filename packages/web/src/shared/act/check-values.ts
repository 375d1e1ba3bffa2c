// Reads one value of a form from what was typed, or says what to write instead.
import type { Field } from '@countersign/admin/forms'
import { describeUnits, recordOf, secondsPer, type Unit } from './field-values.ts'

/** Its message is what to write instead. */
export class WrongValue extends Error {}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

export function checkText({ pattern, minLength = 0, maxLength = Infinity, choices, example, words }: Field, text: string): string {
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
  if (pattern.startsWith('^[A-Za-z0-9][A-Za-z0-9._-]{0,127}'))
    return 'Letters, digits, ".", "_" and "-", at most 128, beginning with a letter or digit.'
  if (pattern.startsWith('^[^\\x00')) return 'Text on one line, without control characters.'
  if (example !== undefined) return `Write it like "${String(example)}".`
  return words === '' ? 'This has the wrong form.' : `This does not fit: ${words}`
}

/** @param unit of a length of time, whose bounds are said in a unit that a person counts in */
export function checkNumber({ minimum = -Infinity, maximum = Infinity, whole }: Field, value: number, unit?: 'seconds'): number {
  if (!Number.isFinite(value)) throw new WrongValue('Write a number.')
  if (whole && !Number.isInteger(value)) throw new WrongValue('Write a whole number.')
  const say = unit ? inWords : (bound: number) => bound.toLocaleString('en')
  if (value < minimum) throw new WrongValue(`At least ${say(minimum)}.`)
  if (value > maximum) throw new WrongValue(`At most ${say(maximum)}.`)
  return value
}

function inWords(seconds: number): string {
  const [, count, unit = 's'] = /^(\d+)(.)$/.exec(describeUnits(seconds)) ?? []
  const word = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[unit as Unit]
  return `${Number(count).toLocaleString('en')} ${word}${count === '1' ? '' : 's'}`
}

export function checkCount<Value>({ minLength = 0, maxLength = Infinity }: Field, values: readonly Value[]): readonly Value[] {
  if (values.length < minLength) throw new WrongValue(minLength === 1 ? 'At least one.' : `At least ${minLength}.`)
  if (values.length > maxLength)
    throw new WrongValue(`At most ${maxLength.toLocaleString('en')}; these are ${values.length.toLocaleString('en')}.`)
  return values
}

export function parseUnits(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? []
  if (digits === '') throw new WrongValue('Write a whole number.')
  return Number(digits) * secondsPer[unit as Unit]
}

export function parseInstant(text: string): string {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new WrongValue('Write a day and a time.')
  return new Date(ms).toISOString()
}

/** The last member takes the rest of the line, without the quotes that spreadsheets put around a comma. */
export function parseRow({ members = {} }: Field, line: string): Readonly<Record<string, string>> {
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
export function parsePairs({ of }: Field, text: string, before: unknown): Readonly<Record<string, unknown>> {
  const pairs = linesOf(text).map((line): [string, unknown] => {
    // No choice has "=", but the name of a group may.
    const [, name = '', value = ''] = (of?.type === 'choice' ? /^(.+?)\s*=\s*([^=]*)$/ : /^([^=]+?)\s*=\s*(.*)$/).exec(line) ?? []
    if (name === '' || value === '') throw new WrongValue(`"${line}": write one name=value on each line.`)
    return [name, of?.type === 'json' ? parseJson(value) : checkText(of!, value)]
  })
  const value = Object.fromEntries(pairs)
  const gone = of?.nullable ? Object.keys(recordOf(before)).filter((name) => !(name in value)) : []
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...value }
}

export function parseAny({ type, of, members }: Field, text: string): unknown {
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
