// What a guard must know about the client of a token and its organization, and how it learns of changes. A token only names its client;
// all facts that may change are here. Documents stay small whatever the size of the organization.

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

/** One client, as far as it decides about its tokens. */
export interface ClientRights {
  readonly clientId: string
  /** The `sub` of the client's tokens. A token with another subject was issued to an earlier client of the same id. */
  readonly subject: string
  /** The current scopes of the client: of the scopes in its tokens only these count. */
  readonly scopes: readonly string[]
  /**
   * Which of `scopes` belong to which API, by its audience; scopes that are not here belong to none in particular. Only in realms with
   * several APIs: each counts only its own.
   */
  readonly apiScopes?: Readonly<Record<string, readonly string[]>>
  /** Tokens of a client that is not enabled are rejected, even if they have not expired. */
  readonly enabled: boolean
  /** Seconds since the epoch: tokens of this client issued before are rejected. 0 rejects none. */
  readonly tokensNotBefore: number
  /** Ids (`jti`) of revoked tokens of this client that have not expired yet; at most 200. */
  readonly revokedTokenIds: readonly string[]
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

/**
 * A list that is complete or not there: a part of it would be mistaken for all of it. Without it, single items are asked for by their
 * id.
 */
export interface ListOrTotal<Item> {
  readonly total: number
  /** All items; absent if there are more than {@link maxListed}. */
  readonly list?: readonly Item[]
}

/** Of more partners or requestors an entitlement document has only the number. */
export const maxListed = 100

/** One organization, as far as it decides about tokens of all its clients. */
export interface OrganizationRights extends OrganizationSummary {
  readonly capabilities: Readonly<Record<string, CapabilityValue>>
  readonly dpa: Dpa
  readonly rateLimit: RateLimit | null
  /** Seconds since the epoch: tokens issued before are rejected. 0 rejects none. */
  readonly tokensNotBefore: number
  readonly partners: ListOrTotal<Partner>
  readonly requestors: ListOrTotal<Requestor>
}

/** How recent an answer of the server is. */
export interface AsOf {
  /** The number of the last change of the store that is in the answer. Grows, within one state. */
  readonly revision: number
  /**
   * Everything else that the answer depends on: the history of the store, which a restore or a failover ends, and the configuration.
   * Opaque; stays the same while only the revision grows.
   */
  readonly state: string
  /** How long ago the server last knew that nothing had changed since. Seconds, not negative; a duration, so that clocks do not matter. */
  readonly ageSeconds: number
}

/** `GET {issuer}/v1/entitlement?client_id=…`, with `partner` and `requestor` to ask for one of a list that is not in the document. */
export interface EntitlementDocument {
  readonly organization: OrganizationRights
  readonly client: ClientRights
  /** About the partner that was asked for; null if the organization may not act for it. Absent if none was asked for. */
  readonly partner?: Partner | null
  /** The requestor that was asked for; null if the organization has none of that id. Absent if none was asked for. */
  readonly requestor?: Requestor | null
  readonly asOf: AsOf
}

/**
 * A change that a guard forgets something for. Members that are null or absent widen it: a change without a client is about the whole
 * organization, one without an organization about the whole realm.
 */
export interface EntitlementChange {
  /** Other servers may send other words; they stand for everything that the other members name. */
  readonly what: 'rights' | 'client' | 'token' | 'keys' | (string & {})
  readonly organizationId: string | null
  readonly clientId: string | null
  /** Only of a change of `keys`: the `kid` of a key that was compromised. It must not be used any more, also where it is still published. */
  readonly keyId?: string
}

/** `GET {issuer}/v1/changes?after=CURSOR`: what changed in a realm since an earlier document, or since nothing without `after`. */
export interface ChangesDocument {
  readonly asOf: AsOf
  /**
   * Opaque, to be sent as `after` of the next request. It also names the identity of the last change: the same revision may be another
   * change after a restore or a failover, and a number alone would hide that.
   */
  readonly cursor: string
  /** Null: everything may have changed, because the cursor is absent, too old, unknown to the server or of another state. */
  readonly changes: readonly EntitlementChange[] | null
  /**
   * What the tokens of the realm may name as `aud`: all of it, empty in a profile without it. Null where the server cannot list it, because
   * single clients may have others. Absent from servers of version 0.1.0.
   */
  readonly audiences?: readonly string[] | null
  /**
   * Only in an event of the feed: when the server wrote it, in milliseconds of a clock of its own, from any origin, that never goes back. The
   * differences on one connection tell an event that was held back on its way from one that was written just now.
   */
  readonly sentAt?: number
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

/** @throws EntitlementSyntaxError naming the first invalid member. */
export function parseChanges(body: unknown): ChangesDocument {
  changesShape(body, '')
  return body as ChangesDocument
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
    if (!holds(value))
      throw new EntitlementSyntaxError(`The document of the authorization server is not usable: "${pointer || '/'}" is not ${expected}`)
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
  subject: text,
  scopes: listOf(text),
  apiScopes: orAbsent(recordOf(listOf(text))),
  enabled: truth,
  tokensNotBefore: count,
  revokedTokenIds: listOf(text),
  secret: orNull(secretShape),
})

const partnerShape = shape({ id: text, name: text })
const requestorShape = shape({ id: text, permissions: listOf(text) })

const organizationShape = shape({
  id: text,
  slug: text,
  name: text,
  status: oneOf('active', 'suspended'),
  capabilities: recordOf(capabilityValue),
  dpa: shape({
    status: oneOf('accepted', 'missing', 'outdated', 'not-required'),
    requiredVersion: orNull(text),
    acceptedVersion: orNull(text),
    acceptedAt: orNull(text),
  }),
  rateLimit: orNull(shape({ tier: text, limit: count, windowSeconds: count })),
  tokensNotBefore: count,
  partners: shape({ total: count, list: orAbsent(listOf(partnerShape)) }),
  requestors: shape({ total: count, list: orAbsent(listOf(requestorShape)) }),
})

const asOfShape = shape({ revision: count, state: text, ageSeconds: count })

const entitlementShape = shape({
  organization: organizationShape,
  client: clientShape,
  partner: orAbsent(orNull(partnerShape)),
  requestor: orAbsent(orNull(requestorShape)),
  asOf: asOfShape,
})

/** Sent back in a header: with other characters no request could be made. The server takes 512. */
const cursor = check(
  'a cursor of at most 1024 visible ASCII characters',
  (value) => typeof value === 'string' && /^[ -~]{0,1024}$/.test(value),
)

const changesShape = shape({
  asOf: asOfShape,
  cursor,
  changes: orNull(listOf(shape({ what: text, organizationId: orNull(text), clientId: orNull(text), keyId: orAbsent(text) }))),
  audiences: orAbsent(orNull(listOf(text))),
  sentAt: orAbsent(count),
})
