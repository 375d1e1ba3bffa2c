// What changes what a request was refused for: the operation of the admin API, with all that is known of its input, and the same as a
// command, complete, to be pasted into a shell.
import { shellWord, type OperationInput, type OperationName, type OperationOutput } from '@countersign/admin'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Facts } from './facts.ts'

type StepOperation = NonNullable<OperationOutput<'requests.explain'>['operation']>

export interface Step {
  readonly command: string
  readonly operation: StepOperation
}

type Body<Name extends OperationName> = NonNullable<OperationInput<Name>['body']>

/** @param missing members that only a person can say, apart from the reason */
function operation<Name extends OperationName>(
  name: Name,
  params: OperationInput<Name>['params'] & Readonly<Record<string, string>>,
  body?: Partial<Body<Name>>,
  missing: readonly (keyof Body<Name> & string)[] = [],
): StepOperation {
  return { name, params: { ...params }, body: { ...body }, missing: [...missing] }
}

function commandOf(words: readonly string[], realm: string): string {
  return ['countersign', ...words, '--realm', realm].map(shellWord).join(' ')
}

/** Of a command that changes something: with the reason for the operator to fill in. */
function step(words: readonly string[], realm: string, does: StepOperation): Step {
  return { command: `${commandOf(words, realm)} --reason 'why'`, operation: does }
}

/** A remedy that ends with the command, if there is one. */
export function withCommand(remedy: string, found: Step | undefined): string {
  return found === undefined ? remedy : `${remedy} ${found.command}`
}

export function showRotation({ realm, client }: Facts): Step | undefined {
  if (!realm || !client) return undefined
  return {
    command: commandOf(['secret', 'status', client.clientId], realm.name),
    operation: operation('rotation.get', { realm: realm.name, client: client.clientId }),
  }
}

interface OrganizationPlace {
  readonly realm: string
  readonly organization: string
}

function ofOrganization(facts: Facts, words: readonly string[], does: (place: OrganizationPlace) => StepOperation): Step | undefined {
  const slug = facts.rights?.slug ?? facts.organization?.slug ?? null
  if (slug === null || !facts.rights || !facts.realm) return undefined
  const { name: realm } = facts.realm
  return step([...words, '--organization', slug], realm, does({ realm, organization: slug }))
}

/** @param words noun and verb, then options */
function updateClient(
  { realm, client }: Facts,
  [noun, verb, ...options]: readonly [string, string, ...string[]],
  body: Partial<OperationInput<'clients.update'>['body']>,
): Step | undefined {
  if (!realm || !client) return undefined
  const { clientId } = client
  return step([noun, verb, clientId, ...options], realm.name, operation('clients.update', { realm: realm.name, client: clientId }, body))
}

export function resumeOrganization(facts: Facts): Step | undefined {
  const { client, organization, realm } = facts
  const slug = client?.organization.slug ?? organization?.slug ?? null
  if (slug === null || !realm) return undefined
  return step(['organization', 'resume', slug], realm.name, operation('organizations.resume', { realm: realm.name, organization: slug }))
}

/** Who signed it is for the operator to fill in. */
export function acceptAgreement(facts: Facts): Step | undefined {
  const version = facts.rights?.dpa.requiredVersion ?? null
  if (version === null) return undefined
  return ofOrganization(facts, ['dpa', 'accept', version, '--accepted-by', 'Name of the signatory'], (place) =>
    operation('dpa.accept', { ...place }, { version }, ['acceptedBy']),
  )
}

/** Undefined if the client has the scopes, or the realm does not. */
export function grantScopes(facts: Facts): Step | undefined {
  const { client, realm, requires } = facts
  const isAdmin = facts.request.source === 'admin'
  if (!client || !realm || !requires.scope) return undefined
  if (isAdmin && realm.name !== operatorsRealmName) {
    const has: readonly string[] = client.operatorRights?.scopes ?? []
    if (isSubset(requires.scope, has)) return undefined
    const operatorScopes = union(has, requires.scope) as OperatorScopes
    return updateClient(facts, ['client', 'operator', '--scope', operatorScopes.join(' ')], { operatorScopes })
  }
  if (isSubset(requires.scope, client.scopes) || !isSubset(requires.scope, [...realm.scopes, ...builtIn])) return undefined
  const scopes = union(client.scopes, requires.scope)
  return updateClient(facts, ['client', 'update', '--scope', scopes.join(' ')], { scopes })
}

type OperatorScopes = NonNullable<NonNullable<OperationInput<'clients.update'>['body']>['operatorScopes']>

const builtIn = ['entitlements:read', 'decisions:write']

export function authorizePartner(facts: Facts): Step | undefined {
  const { partnerId: partner } = facts.request.detail
  if (partner === undefined) return undefined
  const isNew = facts.partnerName === null
  const naming = isNew ? ['--name', 'Name of the partner'] : []
  return ofOrganization(facts, ['partner', 'authorize', partner, ...naming], (place) =>
    operation('partners.authorize', { ...place, partner }, {}, isNew ? ['name'] : []),
  )
}

export function setCapability(facts: Facts): Step | undefined {
  const { capability } = facts.requires
  if (capability === undefined || !facts.realm || !Object.hasOwn(facts.realm.capabilities, capability)) return undefined
  return ofOrganization(facts, ['capability', 'set', capability, 'true'], (place) =>
    operation('capabilities.set', { ...place, capability }, { value: true }),
  )
}

export function createRequestor(facts: Facts): Step | undefined {
  const { requestorId: id } = facts.request.detail
  const { requestor } = facts.requires
  const permissions = typeof requestor === 'object' ? [requestor.permission] : []
  if (id === undefined || !permissions.every(isPermission)) return undefined
  const options = permissions.flatMap((permission) => ['--permission', permission])
  return ofOrganization(facts, ['requestor', 'create', '--id', id, ...options], (place) =>
    operation('requestors.create', { ...place }, { id, permissions }),
  )
}

export function permitRequestor(facts: Facts): Step | undefined {
  const { requestorId } = facts.request.detail
  const { requestor } = facts.requires
  const has = requestorId === undefined ? undefined : facts.entitlement?.organization.requestors.find(requestorId)
  if (requestorId === undefined || typeof requestor !== 'object' || !has || !isPermission(requestor.permission)) return undefined
  const permissions = union([...has], [requestor.permission])
  return ofOrganization(facts, ['requestor', 'update', requestorId, '--permission', ...permissions], (place) =>
    operation('requestors.update', { ...place, requestor: requestorId }, { permissions }),
  )
}

/** The next tier with more requests a second. */
export function raiseTier(facts: Facts): Step | undefined {
  const { realm, rights } = facts
  const perSecond = ({ requests, per }: { readonly requests: number; readonly per: number }) => requests / per
  const now = rights?.rateLimit && rights.rateLimit.limit / rights.rateLimit.windowSeconds
  if (!realm || now === null || now === undefined) return undefined
  const [next] = Object.entries(realm.rateLimitTiers)
    .filter(([, tier]) => perSecond(tier) > now)
    .toSorted(([, a], [, b]) => perSecond(a) - perSecond(b))
  if (!next) return undefined
  const [value] = next
  return ofOrganization(facts, ['capability', 'set', 'rateLimitTier', value], (place) =>
    operation('capabilities.set', { ...place, capability: 'rateLimitTier' }, { value }),
  )
}

export function enableClient(facts: Facts): Step | undefined {
  return facts.client?.enabled === false ? updateClient(facts, ['client', 'enable'], { enabled: true }) : switchServiceAccountOn(facts)
}

export function switchServiceAccountOn(facts: Facts): Step | undefined {
  if (facts.client?.serviceAccountEnabled !== false) return undefined
  return updateClient(facts, ['client', 'update', '--service-account', 'on'], { serviceAccountEnabled: true })
}

/** A client has at most two secrets: during a rotation a third one would end one of them, which may be the right one. */
export function rotateSecret(facts: Facts): Step | undefined {
  const { client, realm } = facts
  if (!client || !realm || (client.secrets.length === 0 && client.otherCredentials !== undefined)) return undefined
  if (client.secrets.length > 1) return showRotation(facts)
  const { clientId } = client
  return step(['secret', 'rotate', clientId], realm.name, operation('rotation.start', { realm: realm.name, client: clientId }))
}

/** What a guard reports is its claim: a word with dashes in front would be an option of the command. */
function isPermission(word: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/.test(word)
}

function isSubset(needed: readonly string[], has: readonly string[]): boolean {
  return needed.every((scope) => has.includes(scope))
}

function union(has: readonly string[], needed: readonly string[]): string[] {
  return [...new Set([...has, ...needed])]
}
