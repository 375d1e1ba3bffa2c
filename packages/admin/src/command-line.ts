// The command that does the same as a call of the admin API, to copy into a POSIX shell.
import { commands, usualSays, type CommandRow } from './commands.ts'
import type { OperationName } from './operations.ts'
import { shellWord } from './shell-word.ts'

export interface CalledWith {
  readonly params?: object | undefined
  readonly query?: object | undefined
  readonly body?: object | undefined
}

export interface CommandLine {
  /** Begins with "countersign". */
  readonly text: string
  /** Members of the input that the command cannot say. */
  readonly missing: readonly string[]
}

/** @returns undefined for an operation without a command */
export function commandLineOf(operation: OperationName, { params, query, body }: CalledWith): CommandLine | undefined {
  const members = new Map(Object.entries({ ...params, ...query, ...body }).filter(([, value]) => value !== undefined))
  const written = (commands[operation] ?? []).flatMap((row) => write(row, members) ?? [])
  return written.toSorted((a, b) => a.missing.length - b.missing.length)[0]
}

function write({ words, when = {}, says = {} }: CommandRow, members: ReadonlyMap<string, unknown>): CommandLine | undefined {
  if (Object.entries(when).some(([member, value]) => members.get(member) !== value)) return undefined
  const parts: string[] = ['countersign', words]
  const missing = new Set([...members.keys()].filter((member) => !(member in when)))
  for (const [member, say] of Object.entries({ ...says, ...withoutThose(usualSays, says) })) {
    if (!missing.has(member)) continue
    const said = say(members.get(member))
    if (said === undefined) continue
    parts.push(...said.map(shellWord))
    missing.delete(member)
  }
  return { text: parts.join(' '), missing: [...missing] }
}

function withoutThose<Value>(all: Readonly<Record<string, Value>>, others: object): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([member]) => !(member in others)))
}
