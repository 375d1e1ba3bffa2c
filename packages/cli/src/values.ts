// Parsers for option values: durations, instants, switches, counts. Each error says what was expected.
import { isUtf8 } from 'node:buffer'
import { readFileSync, readSync } from 'node:fs'
import { missingDay, parseInstant as parseDateTime } from '@countersign/protocol'
import { CommandError } from './output.ts'

const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Parses "7d" into seconds. */
export function parseDuration(option: string, text: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? []
  const factor = secondsPer[unit]
  if (factor === undefined) throw wrongValue(option, text, 'a duration', 'such as "5m", "12h" or "7d"')
  return Number(digits) * factor
}

/** An instant, or the first moment of a day in UTC. */
export function parseInstant(option: string, text: string): string {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  const at = parseDateTime(instant)
  if (at !== undefined) return new Date(at).toISOString()
  const day = missingDay(text)
  if (day !== undefined)
    throw new CommandError(`"${option} ${text}": the calendar has no day "${day}".`, { next: 'Write a day that exists.' })
  throw wrongValue(option, text, 'an instant or a day', 'such as "2026-01-31T12:00:00Z" or "2026-01-31"')
}

/** An instant, a day, or a duration such as "2h" before now. */
export function parseSince(option: string, text: string, now = Date.now()): string {
  if (/^\d{1,9}[smhd]$/.test(text)) return new Date(now - parseDuration(option, text) * 1000).toISOString()
  if (/^\d{4}-/.test(text)) return parseInstant(option, text)
  throw wrongValue(option, text, 'a duration or an instant', 'such as "30m", "2h", "7d", "2026-01-31" or "2026-01-31T12:00:00Z"')
}

export function parseSwitch(option: string, text: string): boolean {
  if (text !== 'on' && text !== 'off') throw wrongValue(option, text, 'a switch value', '"on" or "off"')
  return text === 'on'
}

export function parseCount(option: string, text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw wrongValue(option, text, 'a number', 'such as 7')
  return Number(text)
}

/** In a query every value is text. */
export function inQuery(truth: boolean | undefined): 'true' | 'false' | undefined {
  if (truth === undefined) return undefined
  return truth ? 'true' : 'false'
}

/** Words separated by spaces, as in a scope. */
export function parseWords(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** A boolean for a flag, otherwise the choice itself. */
export function parseCapabilityValue(text: string): string | boolean {
  return text === 'true' || text === 'false' ? text === 'true' : text
}

/** Applies a parser to an optional option. */
export function given<Value>(parse: (option: string, text: string) => Value, option: string, text: string | undefined): Value | undefined {
  return text === undefined ? undefined : parse(option, text)
}

/** The text of a file, or of standard input for "-", without a byte order mark. @throws CommandError for another encoding than UTF-8 */
export function readText(file: string): string {
  const bytes = file === '-' ? readStandardInput() : readFileSync(file)
  if (!bytes.includes(0) && isUtf8(bytes)) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  throw new CommandError(`"${file}" is not in UTF-8${bytes.includes(0) ? ', but in UTF-16' : ''}.`, {
    reason: 'local',
    next: 'Save it as UTF-8, then run the command again. Nothing was sent.',
  })
}

/** A pipe may not block: until the program before it has written something, a read fails with EAGAIN. */
function readStandardInput(): Buffer {
  const chunks: Buffer[] = []
  const chunk = Buffer.alloc(65_536)
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    try {
      const length = readSync(0, chunk)
      if (length === 0) return Buffer.concat(chunks)
      chunks.push(Buffer.from(chunk.subarray(0, length)))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return Buffer.concat(chunks)
      if (code !== 'EAGAIN') throw error
      Atomics.wait(never, 0, 0, 20)
    }
  }
}

function wrongValue(option: string, text: string, kind: string, expected: string): CommandError {
  return new CommandError(`"${option} ${text}" is not ${kind}.`, { next: `Write ${expected}.` })
}
