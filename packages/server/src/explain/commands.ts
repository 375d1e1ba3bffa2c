// The commands that change what a request was refused for, complete, to be pasted into a shell.
import { shellWord } from '@countersign/admin'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Facts } from './facts.ts'

/** That only shows something. */
function show(facts: Facts, ...words: readonly string[]): string | undefined {
  return facts.realm && ['countersign', ...words, '--realm', facts.realm.name].map(shellWord).join(' ')
}

/** That changes something: with the reason for the operator to fill in. */
function run(facts: Facts, ...words: readonly string[]): string | undefined {
  const command = show(facts, ...words)
  return command && `${command} --reason 'why'`
}

/** A remedy that ends with the command, if there is one. */
export function withCommand(remedy: string, command: string | undefined): string {
  return command === undefined ? remedy : `${remedy} ${command}`
}

export function showRotation(facts: Facts): string | undefined {
  return facts.client && show(facts, 'secret', 'status', facts.client.clientId)
}

function ofOrganization(facts: Facts, ...words: readonly string[]): string | undefined {
  const slug = facts.rights?.slug ?? facts.organization?.slug ?? null
  return slug === null || !facts.rights ? undefined : run(facts, ...words, '--organization', slug)
}

function ofClient(facts: Facts, [noun, verb]: readonly [string, string], ...options: readonly string[]): string | undefined {
  return facts.client && run(facts, noun, verb, facts.client.clientId, ...options)
}

export function resumeOrganization(facts: Facts): string | undefined {
  const { client, organization } = facts
  const slug = client?.organization.slug ?? organization?.slug ?? null
  return slug === null ? undefined : run(facts, 'organization', 'resume', slug)
}

/** Who signed it is for the operator to fill in. */
export function acceptAgreement(facts: Facts): string | undefined {
  const version = facts.rights?.dpa.requiredVersion ?? null
  return version === null ? undefined : ofOrganization(facts, 'dpa', 'accept', version, '--accepted-by', 'Name of the signatory')
}

/** Undefined if the client has the scopes, or the realm does not. */
export function grantScopes(facts: Facts): string | undefined {
  const { client, realm, requires } = facts
  const isAdmin = facts.request.source === 'admin'
  if (!client || !realm || !requires.scope) return undefined
  if (isAdmin && realm.name !== operatorsRealmName) {
    const scopes = client.operatorRights?.scopes ?? []
    return isSubset(requires.scope, scopes) ? undefined : ofClient(facts, ['client', 'operator'], '--scope', union(scopes, requires.scope))
  }
  if (isSubset(requires.scope, client.scopes) || !isSubset(requires.scope, [...realm.scopes, ...builtIn])) return undefined
  return ofClient(facts, ['client', 'update'], '--scope', union(client.scopes, requires.scope))
}

const builtIn = ['entitlements:read', 'decisions:write']

export function authorizePartner(facts: Facts): string | undefined {
  const { partnerId } = facts.request.detail
  if (partnerId === undefined) return undefined
  const naming = facts.partnerName === null ? ['--name', 'Name of the partner'] : []
  return ofOrganization(facts, 'partner', 'authorize', partnerId, ...naming)
}

export function setCapability(facts: Facts): string | undefined {
  const { capability } = facts.requires
  const isDeclared = capability !== undefined && facts.realm !== undefined && Object.hasOwn(facts.realm.capabilities, capability)
  return isDeclared ? ofOrganization(facts, 'capability', 'set', capability, 'true') : undefined
}

export function createRequestor(facts: Facts): string | undefined {
  const { requestorId } = facts.request.detail
  const { requestor } = facts.requires
  const permission = typeof requestor === 'object' ? ['--permission', requestor.permission] : []
  if (typeof requestor === 'object' && !isPermission(requestor.permission)) return undefined
  return requestorId === undefined ? undefined : ofOrganization(facts, 'requestor', 'create', '--id', requestorId, ...permission)
}

export function permitRequestor(facts: Facts): string | undefined {
  const { requestorId } = facts.request.detail
  const { requestor } = facts.requires
  const permissions = requestorId === undefined ? undefined : facts.entitlement?.organization.requestors.find(requestorId)
  if (requestorId === undefined || typeof requestor !== 'object' || !permissions || !isPermission(requestor.permission)) return undefined
  const all = [...new Set([...permissions, requestor.permission])]
  return ofOrganization(facts, 'requestor', 'update', requestorId, '--permission', ...all)
}

/** The next tier with more requests a second. */
export function raiseTier(facts: Facts): string | undefined {
  const { realm, rights } = facts
  const perSecond = ({ requests, per }: { readonly requests: number; readonly per: number }) => requests / per
  const now = rights?.rateLimit && rights.rateLimit.limit / rights.rateLimit.windowSeconds
  if (!realm || now === null || now === undefined) return undefined
  const [next] = Object.entries(realm.rateLimitTiers)
    .filter(([, tier]) => perSecond(tier) > now)
    .toSorted(([, a], [, b]) => perSecond(a) - perSecond(b))
  return next && ofOrganization(facts, 'capability', 'set', 'rateLimitTier', next[0])
}

export function enableClient(facts: Facts): string | undefined {
  return facts.client?.enabled === false ? ofClient(facts, ['client', 'enable']) : switchServiceAccountOn(facts)
}

export function switchServiceAccountOn(facts: Facts): string | undefined {
  return facts.client?.serviceAccountEnabled === false ? ofClient(facts, ['client', 'update'], '--service-account', 'on') : undefined
}

/** A client has at most two secrets: during a rotation a third one would end one of them, which may be the right one. */
export function rotateSecret(facts: Facts): string | undefined {
  const { client } = facts
  if (!client || (client.secrets.length === 0 && client.otherCredentials !== undefined)) return undefined
  return client.secrets.length > 1 ? showRotation(facts) : ofClient(facts, ['secret', 'rotate'])
}

/** What a guard reports is its claim: a word with dashes in front would be an option of the command. */
function isPermission(word: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/.test(word)
}

function isSubset(needed: readonly string[], has: readonly string[]): boolean {
  return needed.every((scope) => has.includes(scope))
}

function union(has: readonly string[], needed: readonly string[]): string {
  return [...new Set([...has, ...needed])].join(' ')
}
