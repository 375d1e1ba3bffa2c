// What the command prints: text for people, one JSON document with --json, and for every failure what to do next.
import { AdminRequestError } from '@countersign/admin'
import { TokenRequestError } from '@countersign/client'
import { ConfigurationError, KeyRingError, StoreError } from '@countersign/server'

/** A failure whose message is written for the person at the terminal. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** Prints a result: as it is with --json, by `text` otherwise. */
export function printResult<Result>(json: boolean | undefined, result: Result, text: (result: Result) => string): void {
  console.log(json ? JSON.stringify(result, null, 2) : text(result))
}

/** Rows under headings, in columns as wide as their widest cell. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [headings, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Names and values below each other. */
export function formatFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** Ends the command: 1 for a failure that the message explains, 70 (EX_SOFTWARE) for a defect of ours. */
export function reportFailure(error: unknown, json: boolean): void {
  const failure = describeFailure(error)
  if (json) console.error(JSON.stringify({ error: failure }, null, 2))
  else
    console.error(
      [`Error: ${failure.message}`, ...failure.errors.map((line) => `  ${line}`), ...(failure.next ? [`Next: ${failure.next}`] : [])].join(
        '\n',
      ),
    )
  process.exitCode = failure.code === 'internal-error' ? 70 : 1
}

interface Failure {
  readonly code: string
  readonly message: string
  readonly errors: readonly string[]
  readonly next: string
}

function describeFailure(error: unknown): Failure {
  const known = (code: string, next = ''): Failure => ({ code, message: (error as Error).message, errors: [], next })
  if (error instanceof AdminRequestError) {
    return { ...known(error.code, error.remedy), errors: error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`) }
  }
  if (error instanceof TokenRequestError) return known(error.code, error.errorUri && `See ${error.errorUri}`)
  if (error instanceof CommandError) return known('command')
  if (error instanceof ConfigurationError) return known('configuration')
  if (error instanceof KeyRingError) return known('key')
  if (error instanceof StoreError) return known('store')
  const code = (error as NodeJS.ErrnoException).code ?? ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ECONNREFUSED')
    return {
      ...known('unreachable'),
      message: 'The server cannot be reached.',
      next: 'Start it ("countersign demo" or "countersign serve"), or name another with --server.',
    }
  if (code === 'EADDRINUSE')
    return {
      ...known('address-in-use'),
      next: 'Stop the program that listens there, or choose another port: PORT for the demo, "listen" in the configuration.',
    }
  return {
    code: 'internal-error',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    errors: [],
    next: 'This is a defect of Countersign; please report it.',
  }
}
