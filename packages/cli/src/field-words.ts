// Translates fields of the admin API into options of the command line: "/query/limit" was typed as --limit.
import type { Command } from 'commander'
import { AdminRequestError } from '@countersign/admin'

/** The same failure with its invalid fields named as in the command that ran; other failures are returned unchanged. */
export function inWordsOfCommand(error: unknown, command: Command | undefined): unknown {
  if (!command || !(error instanceof AdminRequestError) || error.errors.length === 0) return error
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: nameField(command, pointer), detail }))
  const [first] = error.errors
  // The detail repeats the first invalid field.
  const repeats = error.message.replace(/\.$/, '') === `${first?.pointer}: ${first?.detail}`
  const detail = repeats ? `${errors[0]?.pointer}: ${first?.detail}` : error.message
  return new AdminRequestError(error.status, { type: `/${error.code}`, detail, remedy: error.remedy, errors }, error.requestId)
}

function nameField(command: Command, pointer: string): string {
  const [member = '', ...rest] = pointer
    .replace(/^\/(?:params|query)(?=\/)/, '')
    .split('/')
    .slice(1)
  const [, claim] = /^\/grant\/claims\/(\w+)$/.exec(pointer) ?? []
  if (claim !== undefined) return `--claim ${claim}`
  const kebab = member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  // A list is given one item per option: "scopes" by --scope, "capabilities" by --capability.
  const candidates = [...(shorter[member] ?? []), kebab, kebab.replace(/ies$/, 'y'), kebab.replace(/s$/, '')]
  for (const candidate of candidates) {
    if (command.options.some(({ long }) => long === `--${candidate}`)) return [`--${candidate}`, ...rest.map(count)].join(' ')
    if (command.registeredArguments.some((argument) => argument.name() === candidate)) return `<${candidate}>`
  }
  return pointer
}

/** Members whose option or argument has a different name. */
const shorter: Readonly<Record<string, readonly string[]>> = {
  client: ['client-id'],
  version: ['dpa-version'],
  serviceAccountEnabled: ['service-account'],
  partner: ['partners'],
  operatorRealms: ['limit-to', 'realm'],
  operatorScopes: ['scope'],
  key: ['file'],
}

/** Positions are shown counted from one. */
function count(segment: string): string {
  return /^\d+$/.test(segment) ? `(number ${Number(segment) + 1})` : segment
}
