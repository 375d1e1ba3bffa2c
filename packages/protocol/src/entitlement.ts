// The entitlement document: everything that a guard must know about an organization, served at
// {issuer}/v1/organizations/{id}/entitlement. A token only names its organization; all facts that may change are here.

export type DpaStatus = 'accepted' | 'missing' | 'outdated' | 'not-required'

export interface Dpa {
  readonly status: DpaStatus
  readonly requiredVersion: string | null
  readonly acceptedVersion: string | null
  /** ISO 8601, UTC. */
  readonly acceptedAt: string | null
}

export interface OrganizationSummary {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
}

export interface Partner {
  readonly id: string
  readonly name: string
}

/** A flag (boolean) or a choice (string) that the realm declares. */
export type CapabilityValue = boolean | string

export interface SecretSummary {
  readonly id: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly rotation: { readonly state: 'issued' | 'overlapping'; readonly endsAt: string } | null
  /** Whether the secret is old enough, or expires soon enough, that its holder should rotate it. Absent in documents of older servers. */
  readonly due?: boolean
}

export interface ClientEntitlement {
  readonly clientId: string
  /**
   * The `sub` of the client's tokens. A token with another subject was issued to an earlier client of the same id. Absent in documents
   * of older servers.
   */
  readonly subject?: string
  /**
   * The current scopes of the client: of the scopes in its tokens only these count. Absent in documents of older servers, where all
   * scopes of a token count.
   */
  readonly scopes?: readonly string[]
  /** Tokens of a client that is not enabled are rejected, even if they have not expired. */
  readonly enabled: boolean
  /** Seconds since the epoch: tokens of this client issued before are rejected. 0 or absent rejects none. */
  readonly tokensNotBefore?: number
  /** The secret in use; null before the first one and for clients without a secret. */
  readonly secret: SecretSummary | null
}

/** A natural person on whose behalf commands are sent, with the permissions of that person. */
export interface Requestor {
  readonly id: string
  readonly permissions: readonly string[]
}

/** At most `limit` requests in `windowSeconds`, for the organization as a whole. */
export interface RateLimit {
  readonly tier: string
  readonly limit: number
  readonly windowSeconds: number
}

export interface EntitlementDocument {
  readonly organization: OrganizationSummary
  readonly clients: readonly ClientEntitlement[]
  readonly partners: readonly Partner[]
  readonly capabilities: Readonly<Record<string, CapabilityValue>>
  readonly dpa: Dpa
  readonly requestors: readonly Requestor[]
  readonly rateLimit: RateLimit | null
  readonly revocations: {
    /** Seconds since the epoch: tokens issued before are rejected. 0 rejects none. */
    readonly tokensNotBefore: number
    /** Ids (`jti`) of revoked tokens that have not expired yet. */
    readonly tokenIds: readonly string[]
  }
}

/** Thrown by {@link parseEntitlement}; the message names the member by a JSON pointer. */
export class EntitlementSyntaxError extends Error {
  override name = 'EntitlementSyntaxError'
}

/**
 * Checks a parsed JSON value against the shape above and returns it as such. Unknown members are kept.
 * @throws EntitlementSyntaxError naming the first invalid member.
 */
export function parseEntitlement(body: unknown): EntitlementDocument {
  entitlementShape(body, '')
  return body as EntitlementDocument
}

/** Compares the accepted version of the agreement with the version that the realm requires. Newer versions than required are valid. */
export function dpaStatus(requiredVersion: string | null, acceptedVersion: string | null): DpaStatus {
  if (requiredVersion === null) return 'not-required'
  if (acceptedVersion === null) return 'missing'
  return compareVersions(acceptedVersion, requiredVersion) < 0 ? 'outdated' : 'accepted'
}

/** Orders versions such as "2026-01", "2026.10" or "3": runs of digits by their number, the text between them as text. */
export function compareVersions(a: string, b: string): number {
  const partsOfA = a.split(/(\d+)/)
  const partsOfB = b.split(/(\d+)/)
  for (let i = 0; i < Math.max(partsOfA.length, partsOfB.length); i++) {
    const left = partsOfA[i] ?? ''
    const right = partsOfB[i] ?? ''
    const order = i % 2 === 1 ? compare(BigInt(left), BigInt(right)) : compare(left, right)
    if (order !== 0) return order
  }
  return 0
}

function compare<T extends string | bigint>(left: T, right: T): number {
  return Number(left > right) - Number(left < right)
}

type Check = (value: unknown, pointer: string) => void

function check(expected: string, holds: (value: unknown) => boolean): Check {
  return (value, pointer) => {
    if (!holds(value)) throw new EntitlementSyntaxError(`The entitlement document is not usable: "${pointer || '/'}" is not ${expected}`)
  }
}

const object = check('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
const array = check('an array', Array.isArray)
const text = check('a string', (value) => typeof value === 'string')
const truth = check('a boolean', (value) => typeof value === 'boolean')
const count = check('a number that is not negative', (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0)
const capabilityValue = check('a boolean or a string', (value) => typeof value === 'boolean' || typeof value === 'string')

function oneOf(...choices: readonly string[]): Check {
  return check(`one of "${choices.join('", "')}"`, (value) => choices.includes(value as string))
}

function shape(members: Record<string, Check>): Check {
  return (value, pointer) => {
    object(value, pointer)
    for (const [name, member] of Object.entries(members)) member((value as Record<string, unknown>)[name], `${pointer}/${name}`)
  }
}

function listOf(item: Check): Check {
  return (value, pointer) => {
    array(value, pointer)
    for (const [index, entry] of (value as unknown[]).entries()) item(entry, `${pointer}/${index}`)
  }
}

function recordOf(item: Check): Check {
  return (value, pointer) => {
    object(value, pointer)
    for (const [name, entry] of Object.entries(value as object)) item(entry, `${pointer}/${escapePointer(name)}`)
  }
}

/** The name of a member, escaped for a JSON pointer (RFC 6901 §3). */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function orNull(inner: Check): Check {
  return (value, pointer) => {
    if (value !== null) inner(value, pointer)
  }
}

function orAbsent(inner: Check): Check {
  return (value, pointer) => {
    if (value !== undefined) inner(value, pointer)
  }
}

const secretShape = shape({
  id: text,
  createdAt: text,
  expiresAt: orNull(text),
  rotation: orNull(shape({ state: oneOf('issued', 'overlapping'), endsAt: text })),
  due: orAbsent(truth),
})

const clientShape = shape({
  clientId: text,
  subject: orAbsent(text),
  scopes: orAbsent(listOf(text)),
  enabled: truth,
  tokensNotBefore: orAbsent(count),
  secret: orNull(secretShape),
})

const entitlementShape = shape({
  organization: shape({ id: text, slug: text, name: text, status: oneOf('active', 'suspended') }),
  clients: listOf(clientShape),
  partners: listOf(shape({ id: text, name: text })),
  capabilities: recordOf(capabilityValue),
  dpa: shape({
    status: oneOf('accepted', 'missing', 'outdated', 'not-required'),
    requiredVersion: orNull(text),
    acceptedVersion: orNull(text),
    acceptedAt: orNull(text),
  }),
  requestors: listOf(shape({ id: text, permissions: listOf(text) })),
  rateLimit: orNull(shape({ tier: text, limit: count, windowSeconds: count })),
  revocations: shape({ tokensNotBefore: count, tokenIds: listOf(text) }),
})
