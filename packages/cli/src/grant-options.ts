// The options that edit a grant: audiences, roles and claims, added or removed one by one.
import type { Command } from 'commander'
import { CommandError } from './output.ts'
import { readText } from './values.ts'

/** A grant as it is sent and shown. */
export interface GrantDocument {
  readonly audiences: readonly string[]
  readonly roles: { readonly realm: readonly string[]; readonly clients: Readonly<Record<string, readonly string[]>> }
  readonly claims: Readonly<Record<string, unknown>>
}

export interface GrantOptions {
  readonly audience?: string[]
  readonly role?: string[]
  readonly claim?: string[]
  readonly removeAudience?: string[]
  readonly removeRole?: string[]
  readonly removeClaim?: string[]
  readonly grantFile?: string
}

const none: GrantDocument = { audiences: [], roles: { realm: [], clients: {} }, claims: {} }

export function withGrant(command: Command): Command {
  return command
    .option('--role <role...>', 'add roles: "realm:partner" is one of the realm, "orders-api:read" one at the API with that audience')
    .option('--audience <audience...>', 'add audiences')
    .option('--claim <name=value...>', 'add claims; a value is JSON, or else text, which may contain ${client_id} and ${subject}')
    .option('--grant-file <file>', 'start from the grant in this JSON file, "-" for standard input, instead of the present one')
}

export function withRemovals(command: Command): Command {
  return withGrant(command)
    .option('--remove-role <role...>', 'remove roles')
    .option('--remove-audience <audience...>', 'remove audiences')
    .option('--remove-claim <name...>', 'remove claims')
}

export function namesGrant(options: GrantOptions): boolean {
  const { audience, role, claim, removeAudience, removeRole, removeClaim, grantFile } = options
  return [audience, role, claim, removeAudience, removeRole, removeClaim, grantFile].some((option) => option !== undefined)
}

/** @throws CommandError for a role or a claim in another form, and for one to remove that is not there */
export function editGrant(present: GrantDocument | null, options: GrantOptions): GrantDocument {
  const { audience = [], role = [], claim = [], removeAudience = [], removeRole = [], removeClaim = [], grantFile } = options
  const before = grantFile === undefined ? (present ?? none) : readGrant(grantFile)
  const roles = rolesOf(before)
  const claims = new Map(Object.entries(before.claims))
  const audiences = new Set(before.audiences)
  remove('--remove-audience', audiences, removeAudience)
  remove('--remove-role', roles, removeRole.map(parseRole))
  remove('--remove-claim', claims, removeClaim)
  for (const added of audience) audiences.add(added)
  for (const added of role) roles.add(parseRole(added))
  for (const [name, value] of claim.map(parseClaim)) claims.set(name, value)
  return { audiences: [...audiences], roles: toRoles(roles), claims: Object.fromEntries(claims) }
}

function remove(option: string, present: Set<string> | Map<string, unknown>, removed: readonly string[]): void {
  const shown = (one: string) => one.replace(separator, ':')
  for (const one of removed)
    if (!present.delete(one))
      throw new CommandError(`"${option} ${shown(one)}": the grant does not have it.`, {
        next: `It has ${[...present.keys()].map(shown).join(', ') || 'none'}.`,
      })
}

/** Between the API and the role, where a colon may be in either. */
const separator = '\n'

/** An audience that is a URL has a colon itself, and may have one before its port. */
function parseRole(text: string): string {
  const [, api, role] = /^((?:[a-z][a-z0-9+.-]*:\/\/[^/:]*(?::\d+)?[^:]*)|[^:]+):(.+)$/s.exec(text) ?? []
  if (api !== undefined && role !== undefined) return api + separator + role
  throw new CommandError(`"${text}" is not a role.`, {
    next: 'Write "realm:partner" for a role of the realm, or "orders-api:read" for one at an API.',
  })
}

function parseClaim(text: string): [name: string, value: unknown] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === '')
    throw new CommandError(`"--claim ${text}" is not a claim.`, {
      next: `Write a name and a value, such as --claim tenant=acme or --claim 'limits={"daily":5}'.`,
    })
  try {
    return [name, JSON.parse(value)]
  } catch (cause) {
    if (!/^\s*[[{"]/.test(value)) return [name, value]
    throw new CommandError(`"--claim ${text}" begins like JSON, but is not.`, {
      next: `Correct it: names and texts in JSON have double quotes, and the shell needs single quotes around all of it, as in --claim 'limits={"daily":5}'. A text that begins so is written as JSON, too: --claim 'note="[draft]"'.`,
      cause,
    })
  }
}

function readGrant(file: string): GrantDocument {
  try {
    const read: unknown = JSON.parse(readText(file))
    if (!isGrant(read)) throw notAGrant(file, 'is not a grant')
    const { audiences = [], roles, claims = {} } = read
    return { audiences, roles: { ...none.roles, ...roles }, claims }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw notAGrant(file, 'is not JSON', cause)
  }
}

function notAGrant(file: string, what: string, cause?: SyntaxError): CommandError {
  return new CommandError(`"${file}" ${what}.`, {
    reason: 'local',
    next: 'Write a grant such as {"audiences": ["stock-api"], "roles": {"realm": ["partner"], "clients": {"stock-api": ["read"]}}, "claims": {"tenant": "acme"}}.',
    cause,
  })
}

/** What is not read would be lost without a word, because the file replaces the present grant. */
function isGrant(read: unknown): read is Partial<Omit<GrantDocument, 'roles'>> & { readonly roles?: Partial<GrantDocument['roles']> } {
  if (!hasOnly(read, ['audiences', 'roles', 'claims'])) return false
  const { audiences = [], roles = {}, claims = {} } = read
  if (!isListOfTexts(audiences) || !hasOnly(roles, ['realm', 'clients']) || !isObject(claims)) return false
  const { realm = [], clients = {} } = roles
  return isListOfTexts(realm) && isObject(clients) && Object.values(clients).every(isListOfTexts)
}

function hasOnly(value: unknown, members: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.keys(value).every((member) => members.includes(member))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function rolesOf({ roles: { realm, clients } }: GrantDocument): Set<string> {
  return new Set(Object.entries({ realm, ...clients }).flatMap(([api, roles]) => roles.map((role) => api + separator + role)))
}

function toRoles(roles: Iterable<string>): GrantDocument['roles'] {
  const byApi: Record<string, string[]> = {}
  for (const [api = '', role = ''] of [...roles].map((one) => one.split(separator, 2))) (byApi[api] ??= []).push(role)
  const { realm = [], ...clients } = byApi
  return { realm, clients }
}

export function describeGrant({ audiences, roles, claims }: GrantDocument): (readonly [name: string, value: string])[] {
  const byApi = Object.entries({ realm: roles.realm, ...roles.clients }).flatMap(([api, names]) => names.map((role) => `${api}:${role}`))
  const facts = [
    ['audiences', audiences.join(' ')],
    ['roles', byApi.join(' ')],
    [
      'claims',
      Object.entries(claims)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(' '),
    ],
  ] as const
  return facts.filter(([, value]) => value !== '')
}
