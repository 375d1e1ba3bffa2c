// One operation of the admin API as a command. The description, --reason, --yes and --if-version follow from the table of operations;
// the file of the noun adds arguments, options and the text of the output.
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import {
  ifMatchOf,
  operations,
  takesIdempotencyKey,
  type ListName,
  type Operation,
  type OperationInput,
  type OperationName,
  type OperationOutput,
} from '@countersign/admin'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError, formatTable, printNote, printResult, type TableFit } from './output.ts'
import { addReason, withReason, type ReasonOptions } from './reason-option.ts'
import { given, parseCount } from './values.ts'

export type RealmOptions = SessionOptions & { readonly realm: string }

interface Described<Name extends OperationName, Options extends SessionOptions> {
  /** Name and arguments of the command. */
  readonly usage: string
  readonly operation: Name
  /** Default: the summary of the operation. */
  readonly description?: string
  /** The rest of the command line after "countersign ". */
  readonly example: string
  /** Adds options. Most commands take a realm: {@link inRealm}. */
  readonly options?: (command: Command) => Command
  /** With `ifMatch`, the write depends on what was read: it fails if that has another version by now. */
  readonly input: (options: Options, ...args: string[]) => Prepared<Name> | Promise<Prepared<Name>>
}

type Prepared<Name extends OperationName> = OperationInput<Name> & { readonly ifMatch?: number }

type Guarded = SessionOptions & ReasonOptions & { readonly yes?: boolean; readonly ifVersion?: string }

export function inRealm(command: Command): Command {
  return command.requiredOption('--realm <name>', 'name of the realm')
}

export function ofOrganization(command: Command): Command {
  return inRealm(command).requiredOption('--organization <organization>', 'slug or id of the organization')
}

export function addOperation<Name extends OperationName, Options extends SessionOptions = RealmOptions>(
  parent: Command,
  {
    text,
    instead,
    warning,
    ...described
  }: Described<Name, Options> & {
    readonly text: (output: OperationOutput<Name>, options: Options) => string
    /** Handles options with which the command does something else, without an operator. */
    readonly instead?: (options: Options, ...args: (string | undefined)[]) => Promise<void> | undefined
    /** A sentence for the confirmation; not read with --yes. */
    readonly warning?: (options: Options, ...args: string[]) => Promise<string | undefined>
  },
): void {
  const { operation, input } = described
  const row: Operation = operations[operation]
  const command = withReason(addCommand(parent, described), operation)
  const versioned = ifMatchOf(row)
  if (versioned)
    command.option('--if-version <number>', `fail if the ${versioned} has another version by now; "${versioned} show" prints the version`)
  if (takesIdempotencyKey(row))
    command.option('--idempotency-key <key>', 'reuse the key of a run whose response was lost; it is applied at most once')
  if (row.destructive) command.option('--yes', 'skip the confirmation prompt')
  command.action(async (...received) => {
    const [options, args] = split<Options & Guarded>(command, received)
    const other = instead?.(options, ...args)
    if (other) return other
    const ifVersion = given(parseCount, '--if-version', options.ifVersion)
    const prepared = addReason(await input(options, ...args), options)
    const ifMatch = ifVersion ?? prepared.ifMatch ?? '*'
    if (row.destructive && !options.yes) await confirm(command, args.at(-1) ?? '', await warning?.(options, ...args))
    const output = await openAdminClient(options).call(operation, prepared, versioned && { ifMatch })
    printResult(options.json, output, (shown) => text(shown, options))
  })
}

interface WideOption {
  readonly wide?: boolean
}

/** A list command: prints one page as a table, and the option for the next page. */
export function addList<Name extends ListName, Options extends SessionOptions = RealmOptions>(
  parent: Command,
  {
    columns,
    shorten,
    text = (page, { wide }) => formatPage(page, columns ?? {}, { shorten, hasWide: true, ...(wide && { width: Infinity }) }),
    none,
    note,
    ...described
  }: Described<Name, Options> & {
    readonly columns?: Readonly<Record<string, (item: OperationOutput<Name>['items'][number]) => string>>
    /** The headings of columns that go below their row in a narrow terminal, the least important first. */
    readonly shorten?: readonly string[]
    /** What is printed instead of an empty table. */
    readonly none?: (options: Options, ...args: string[]) => string
    /** What the items do not say; printed below them. */
    readonly note?: (page: OperationOutput<Name>, options: Options) => string | undefined
    /** Instead of the columns. */
    readonly text?: (page: OperationOutput<Name>, options: Options & WideOption) => string
  },
): void {
  const { operation, input } = described
  const { query }: Operation = operations[operation]
  const command = addCommand(parent, described)
  if (columns) command.option('--wide', 'print each row on one line, in a narrow terminal, too')
  if (query)
    command
      .option('--limit <count>', 'maximum number of items')
      .option('--after <cursor>', 'print the page after this cursor, which the previous page printed')
  command.action(async (...received) => {
    const [options, args] = split<Options & WideOption & { readonly limit?: string; readonly after?: string }>(command, received)
    const { params, query: filters } = await input(options, ...args)
    const { limit, after } = options
    const whole = { params, query: query && { ...(filters as object | undefined), limit, after } } as unknown as OperationInput<Name>
    const page = await openAdminClient(options).call(operation, whole)
    const isEmpty = page.items.length === 0 && after === undefined
    printResult(options.json, page, (shown) =>
      [isEmpty && none ? none(options, ...args) : text(shown, options), note?.(shown, options)].filter(Boolean).join('\n\n'),
    )
  })
}

function formatPage<Item>(
  { items, next }: { readonly items: readonly Item[]; readonly next: string | null },
  columns: Readonly<Record<string, (item: Item) => string>>,
  fit: TableFit,
): string {
  if (items.length === 0) return 'None.'
  const table = formatTable(
    Object.keys(columns),
    items.map((item) => Object.values(columns).map((cell) => cell(item))),
    fit,
  )
  return [table, ...describeNextPage(next)].join('\n\n')
}

/** A line, or none on the last page. */
export function describeNextPage(next: string | null): string[] {
  return next === null ? [] : [`More items follow: add --after ${next}`]
}

function addCommand<Name extends OperationName>(parent: Command, described: Described<Name, never>): Command {
  const { usage, operation, example, options = inRealm } = described
  const { summary, description: further }: Operation = operations[operation]
  const description = described.description ?? (further === undefined ? summary : `${summary}. ${further}`)
  const [listed] = description.split('. ', 1)
  return options(forOperators(parent.command(usage)).summary(listed!).description(description)).addHelpText(
    'after',
    `\nExample:\n  countersign ${example}`,
  )
}

/** Commander passes the arguments one by one, then the options and the command. */
function split<Options>(command: Command, received: readonly unknown[]): [options: Options, args: string[]] {
  const count = command.registeredArguments.length
  return [received[count] as Options, received.slice(0, count).flat() as string[]]
}

/** @throws CommandError if there is no terminal, or if the typed name is wrong */
export async function confirm(command: Command, argument: string, warning?: string): Promise<void> {
  // No keyboard has the mark of cut text, as in "…0UXA".
  const name = argument.replace(/^…/, '')
  const path = `${command.parent?.name()} ${command.name()}`
  if (!process.stdin.isTTY) {
    const unconfirmed = `"${path}" of "${name}" cannot be undone, and there is no terminal to ask for confirmation.`
    throw new CommandError([unconfirmed, warning].filter(Boolean).join(' '), {
      next: 'Add --yes to skip the confirmation prompt.',
    })
  }
  if (warning !== undefined) printNote(`WARNING: ${warning}`)
  await askForName(`"${path}" cannot be undone. Type "${name}" to confirm: `, name)
}

/** At a terminal. @throws CommandError if another name is typed */
export async function askForName(question: string, name: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const typed = await terminal.question(question)
  terminal.close()
  if (typed.trim() !== name)
    throw new CommandError(`Not confirmed: "${name}" was not typed. Nothing was changed.`, {
      reason: 'other',
      next: 'Run the command again and type the name.',
    })
}
