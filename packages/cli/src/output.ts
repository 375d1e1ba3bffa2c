// The output of the command: text for people, one JSON document with --json, and the next step for every failure.
import { AdminRequestError, spellOutInvisible } from '@countersign/admin'
import { SecretRotationError, TokenRequestError } from '@countersign/client'
import { problems } from '@countersign/protocol'
import type { ExitReason } from './exit-codes.ts'
import { breakWords, columnWidth, cutText, fitColumns, gap, isCut, linesBelow, terminalWidth } from './fit-columns.ts'
import { putNamesInColumns } from './names-in-columns.ts'
import { demoName } from './own-name.ts'

/** A failure whose message is written for the person at the terminal and names the next step. */
export class CommandError extends Error {
  override name = 'CommandError'
  readonly next: string
  readonly reason: ExitReason

  constructor(
    message: string,
    { next, reason = 'usage', cause }: { readonly next: string; readonly reason?: ExitReason; readonly cause?: unknown },
  ) {
    super(message, { cause })
    this.next = next
    this.reason = reason
  }
}

/** The check failed and the command has already printed the findings: it prints nothing more. */
export class BadFinding extends Error {
  override name = 'BadFinding'
  readonly reason: ExitReason

  constructor(message: string, reason: ExitReason = 'altered') {
    super(message)
    this.reason = reason
  }
}

/** Prints a result: as JSON with --json, otherwise by `text`, in which nothing is invisible: a server of 0.1.0 accepted such names. */
export function printResult<Result>(json: boolean | undefined, result: Result, text: (result: Result) => string): void {
  console.log(json ? JSON.stringify(result, null, 2) : spellOutInvisible(text(result)))
}

/** Prints on standard error what accompanies a result. Nothing in it is invisible. */
export function printNote(text: string): void {
  console.error(spellOutInvisible(text))
}

export interface TableFit {
  /** The headings of columns that go below their row in a narrow terminal, the least important first. */
  readonly shorten?: readonly string[] | undefined
  /** Characters in the row, by heading; longer values end with "…". */
  readonly most?: Readonly<Record<string, number | undefined>>
  /** Default: the terminal. */
  readonly width?: number | undefined
  /** The command has --wide, which prints every row on one line, with whole values. */
  readonly hasWide?: boolean
}

/** Rows under headings, in columns as wide as their widest cell, fitted to the terminal if there is one. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { shorten = [], most = {}, width = terminalWidth() ?? Infinity, hasWide = false }: TableFit = {},
): string {
  const whole = headings.map((heading, column) => ({
    heading,
    cells: rows.map((row) => spellOutInvisible(row[column] ?? '')),
    most: most[heading],
  }))
  const { columns, same, below } = fitColumns(whole, shorten, width)
  const widths = columns.map(columnWidth)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cutText(cell, columns[column]?.most ?? Infinity).padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd()
  const valuesOf = (chosen: typeof columns, row: number) => chosen.map(({ heading, cells }) => [heading, cells[row] ?? ''] as const)
  const lines = [
    line(columns.map(({ heading }) => heading)),
    ...rows.flatMap((_row, row) => [line(columns.map(({ cells }) => cells[row] ?? '')), ...linesBelow(valuesOf(below, row), width)]),
  ]
  if (same.length > 0) lines.push('', 'The same in every row:', ...linesBelow(valuesOf(same, 0), width))
  if (width < Infinity && below.length > 0)
    lines.push('', ...breakWords(`${hasWide ? '--wide prints' : 'A wider terminal and a pipe have'} each row on one line.`, width))
  else if (width < Infinity && hasWide && columns.some(isCut)) lines.push('', ...breakWords('--wide prints whole values.', width))
  return lines.join('\n')
}

/** Names and values below each other. */
export function formatFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** @param hint what the command adds to the next step: a sentence */
export function reportFailure(error: unknown, json: boolean, hint = ''): void {
  if (error instanceof BadFinding) return
  const described = describeFailure(error)
  const failure = { ...described, next: [hint, described.next].filter(Boolean).join(' ') }
  console.error(json ? JSON.stringify({ error: failure }, null, 2) : spellOutInvisible(formatFailure(failure)))
}

function formatFailure({ message, errors, next }: Failure): string {
  const further = errors.filter((line) => !message.includes(line)).map((line) => `  ${line}`)
  return [putNamesInColumns(`Error: ${message}`), ...further, ...(next === '' ? [] : [`Next: ${next}`])].join('\n')
}

interface Failure {
  readonly code: string
  readonly message: string
  /** The invalid fields of a request. */
  readonly errors: readonly string[]
  readonly next: string
  /** The id by which the request is found in the audit log. Only with --json: the text names the next step instead. */
  readonly requestId?: string
}

const startTheServer = `Start the server ("${demoName}" for the demo, or "countersign serve"), or pass the URL of another server.`
const chooseAnotherPort = `Stop the program that listens there (perhaps another demo), or choose another port: "PORT=9000 ${demoName}" for the demo, "listen" and "publicUrl" in a configuration file.`

export function describeFailure(error: unknown): Failure {
  const known = (code: string, next = '', message = (error as Error).message): Failure => ({ code, message, errors: [], next })
  if (error instanceof CommandError) return known('command', error.next)
  if (error instanceof AdminRequestError) return describeRefusal(error)
  if (error instanceof TokenRequestError) {
    if (error.code === 'network') return known('unreachable', error.message.includes('ECONNREFUSED') ? startTheServer : '')
    const requestId = error.requestId !== undefined && { requestId: error.requestId }
    if (error.description !== undefined && error.errorUri !== undefined)
      return { ...known(error.code, nextOf(error), `${error.code}: ${error.description}`), ...requestId }
    return { ...known(error.code), ...requestId }
  }
  if (error instanceof SecretRotationError) return describeRotationFailure(error)
  if (isOtherVersion(error)) return known('unexpected-response', useItsVersion, otherVersion)
  const { name = '' } = (error ?? {}) as Partial<Error>
  if (clockErrors.has(name)) return known('clock', 'Correct the clock, then run the command again.')
  const kind = serverErrors.get(name)
  if (kind !== undefined) return known(kind)
  const { code, syscall, address, port } = findSystemError(error)
  if (code === 'ECONNREFUSED') return known('unreachable', startTheServer, 'The server cannot be reached.')
  if (isLostConnection(error)) return known('unreachable', lostConnection, describeLostConnection(error))
  if (code === 'EADDRINUSE') return known('address-in-use', chooseAnotherPort, `Another program already listens on ${address}:${port}.`)
  if (syscall === 'listen') return known('cannot-listen', chooseAnotherPort)
  if (syscall !== undefined) return known('file', 'Check the path and its permissions.')
  return {
    ...known('internal-error', 'This is a defect of Countersign; please report it.'),
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}

/** The message ends with the remedy, which is printed after "Next" here. */
function describeRotationFailure({ code, message, remedy, problemUri }: SecretRotationError): Failure {
  if (code === 'network' && message.includes('ECONNREFUSED')) return { code: 'unreachable', message, errors: [], next: startTheServer }
  const [summary = message] = remedy === '' ? [message] : message.split(` ${remedy}`)
  return { code, message: summary, errors: [], next: [remedy, problemUri && `See ${problemUri}`].filter(Boolean).join(' ') }
}

function nextOf({ code, errorUri }: TokenRequestError): string {
  const page = `See ${errorUri}`
  return code === 'temporarily_unavailable' ? `${page}. If you operate the server, ask /readyz of its operations listener why.` : page
}

/** The database of the server is away, for example, or the server is overloaded. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AdminRequestError && error.status === 503
}

export const unavailable = 'The server cannot process the request now (503)'
export const seeReadiness = 'Ask /readyz of the operations listener of the server why.'

const remedyInCatalogue: string = problems['invalid-request'].causes[0].remedy

function describeRefusal(error: AdminRequestError): Failure {
  const { code, message, remedy, errors, requestId, requiredScope } = error
  const request = requestId !== undefined && { requestId }
  if (isUnavailable(error))
    return { code, message: `${unavailable}.`, errors: [], next: `${seeReadiness} Then run the command again.`, ...request }
  // An option of the command line is a header of the API.
  if (code === 'precondition-failed')
    return {
      code,
      message: message.replace('If-Match', '--if-version'),
      errors: [],
      next: 'Show the current version, check that your change still fits, and run the command with the new version or without --if-version.',
    }
  if (requiredScope !== undefined)
    return {
      code,
      message: `This operator lacks the scope "${requiredScope}".`,
      errors: [],
      next: 'Use an operator that has the scope, or let an owner grant it, with all scopes that the operator is to have ("countersign client show" lists those of now): countersign client update CLIENT_ID --realm operators --scope "...", or for one that lives in another realm: countersign client operator CLIENT_ID --realm REALM --scope "..."',
    }
  return {
    code,
    message,
    errors: errors.map(({ pointer, detail }) => `${pointer}: ${detail}`),
    // The remedy in the catalogue names members of the JSON response, which this output does not show.
    next: remedy === remedyInCatalogue ? 'Correct the values named above, then run the command again.' : remedy,
    ...request,
  }
}

/** Of the admin client: a response lacks something, or has it in another form. */
export function isOtherVersion(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'ZodError'
}

const otherVersion =
  'The response of the server is not as this version of the command expects it. If the command changes something, the change was made.'
const useItsVersion = 'Use the command of the version of the server. Look what was changed before you repeat the command.'

/** Errors of the server that explain themselves; by name, so that only commands that run a server load it. */
export const serverErrors = new Map([
  ['ConfigurationError', 'configuration'],
  ['GatewayConfigurationError', 'configuration'],
  ['GatewayKeyError', 'key'],
  ['KeyRingError', 'key'],
  ['StoreError', 'store'],
  ['AnchorError', 'anchor'],
])

/** Nothing may be dated by the clock of this machine. */
export const clockErrors = new Set(['WrongClockError', 'ClockSteppedBackError'])

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

/** The system error: the error itself, or its cause where `fetch` wraps it. */
export function findSystemError(error: unknown): Partial<SystemError> {
  const found = [error, (error as Error | undefined)?.cause].find(
    (candidate) => (candidate as SystemError | undefined)?.syscall !== undefined,
  )
  return (found ?? {}) as Partial<SystemError>
}

/** `fetch` failed, or the response broke off: nothing answered, or not to the end. */
export function isLostConnection(error: unknown): error is TypeError {
  return error instanceof TypeError && /^(?:fetch failed|terminated)$/.test(error.message)
}

const lostConnection = 'Check host, port, proxy and TLS certificate; if the connection broke off, run the command again.'

function describeLostConnection({ cause }: TypeError): string {
  const { code, message } = (cause ?? {}) as NodeJS.ErrnoException
  const why = code ?? message
  return `The server cannot be reached, or the connection broke off${why === undefined ? '' : ` (${why})`}.`
}
