// Arguments and values that begin with "-" and are no options: one thumbprint in 64 does, and the command that names it must not fail in an
// emergency.
import type { Command } from 'commander'

/** The same arguments, those that begin with a single "-" behind "--". No command has options of one letter besides -h and -V. */
export function separateDashed(program: Command, args: readonly string[]): readonly string[] {
  const { command, depth } = findCommand(program, args)
  const options: string[] = []
  const others: string[] = []
  for (let index = depth; index < args.length; index++) {
    const arg = args[index]!
    if (arg === '--') return args // Separated already.
    if (!isOption(arg)) {
      others.push(arg)
      continue
    }
    const option = command.options.find(({ long }) => long === arg)
    const value = option?.required || option?.optional ? args[++index] : undefined
    if (value !== undefined && isDashed(value)) options.push(`${arg}=${value}`)
    else options.push(arg, ...(value === undefined ? [] : [value]))
    if (option?.variadic) while (args[index + 1]?.startsWith('-') === false) options.push(args[++index]!)
  }
  return args.slice(depth).some(isDashed) ? [...args.slice(0, depth), ...options, '--', ...others] : args
}

function findCommand(program: Command, args: readonly string[]): { readonly command: Command; readonly depth: number } {
  let command = program
  let depth = 0
  for (;;) {
    const next = command.commands.find((one) => one.name() === args[depth])
    if (!next) return { command, depth }
    command = next
    depth++
  }
}

function isDashed(arg: string): boolean {
  return /^-[^-]./.test(arg)
}

function isOption(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-' && !isDashed(arg)
}
