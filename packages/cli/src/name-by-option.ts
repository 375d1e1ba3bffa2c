// Where a command takes by an option what others take as an argument: "countersign usage CLIENT" is meant, and "--client CLIENT" is right.
import type { Command } from 'commander'

/** What an argument of other commands names, the most frequent first. */
const named = ['--client', '--organization', '--realm', '--partner', '--request', '--search']

/** A sentence with the options that the first argument too many may be meant for; an empty text if there are none. */
export function nameByOption(command: Command): string {
  const value = command.args[command.registeredArguments.length]
  if (value === undefined) return ''
  const shown = /^[\w.:@/-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
  const open = named.flatMap(
    (long) => command.options.find((one) => one.long === long && command.getOptionValue(one.attributeName()) === undefined) ?? [],
  )
  const needed = open.filter(({ mandatory }) => mandatory)
  const meant = (needed.length > 0 ? needed : open).map(({ long }) => `${long} ${shown}`)
  return meant.length === 0 ? '' : `Perhaps an option is meant: ${meant.join(', or ')}. `
}
