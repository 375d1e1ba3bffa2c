// Finds commands and options that a text names and the command line does not have.
import type { Command } from 'commander'
import { createProgram } from './command-line.ts'

const createdProgram = createProgram()

/** The first thing in a call that does not exist. @param call without "countersign" */
export function findUnknown(call: string): string | undefined {
  const words = call.replaceAll(/'[^']*'/g, 'TEXT').split(/\s+/)
  let command: Command = createdProgram
  let isPath = true
  for (const word of words) {
    const next: Command | undefined = isPath ? command.commands.find((one) => one.name() === word) : undefined
    if (next) command = next
    else if (isPath && command.commands.length > 0 && /^[a-z-]+$/.test(word) && !word.startsWith('-')) return word
    else isPath = false
    const [, option] = /^(--[a-z-]+)/.exec(word) ?? []
    if (option !== undefined && option !== '--help' && !optionsOf(command).has(option)) return option
  }
  return undefined
}

/** The options without which a call fails, and that it does not have. */
export function findMissing(call: string): string[] {
  const words = call.split(/\s+/)
  let command: Command | undefined = createdProgram
  let last = createdProgram
  for (const word of words) {
    command = command?.commands.find((one) => one.name() === word)
    if (command) last = command
  }
  return last.options.flatMap(({ mandatory, long }) => (mandatory && long && !words.includes(long) ? [long] : []))
}

function optionsOf(command: Command | null): ReadonlySet<string> {
  return command ? new Set([...command.options.map(({ long }) => long ?? ''), ...optionsOf(command.parent)]) : new Set()
}
