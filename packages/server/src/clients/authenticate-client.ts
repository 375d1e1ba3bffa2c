// Client authentication by a shared secret (RFC 6749 §2.3) or an assertion (client-assertions.ts). Every failure gets the same response; the
// reason is in the audit log and metrics. The time of a denial does not tell whether the client exists.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  BasicSyntaxError,
  clientAuthenticationMethods,
  parseBasic,
  secretMethodNames,
  secretMethods,
  type ClientAuthenticationMethodName,
  type CredentialKind,
} from '@countersign/protocol'
import type { OAuthForm } from '../api/form.ts'
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord, CredentialRecord, SecretRecord } from '../cache/records.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { OAuthError, type AuthenticationFailure } from '../errors.ts'
import { acceptsMethod, type MethodRules } from '../realms/accepted-methods.ts'
import { readAssertion, type AssertionContext, type PresentedAssertion } from './client-assertions.ts'
import { digestSecret, isWellFormedSecret } from '../keys/secret-format.ts'

/** A method that the realm does not accept is denied like one that the client is not registered for, after the same work. */
export type PresentedCredentials = (PresentedSecret | PresentedAssertion) & { readonly realm?: MethodRules }

export interface PresentedSecret {
  readonly clientId: string
  readonly clientSecret: string
  /** The name of the method in RFC 7591 §2. */
  readonly method: ClientAuthenticationMethodName
  /** Another method that the request used besides, whose credentials do not count. */
  readonly ignoredMethod?: ClientAuthenticationMethodName
  /** True if any method for secrets that the client may use is enough. */
  readonly anySecretMethod?: boolean
}

export interface AuthenticatedClient {
  readonly client: ClientRecord
  /** The credential that matched. */
  readonly credential: {
    readonly id: string
    readonly kind: CredentialKind
    readonly keyId?: string
    /** For a secret under an older version of the pepper: its digest under the current one. */
    readonly renewal?: DigestRenewal
  }
  readonly ignoredMethod?: ClientAuthenticationMethodName
}

export interface DigestRenewal {
  readonly secret: Pick<SecretRecord, 'digest' | 'pepperVersion'>
  readonly digest: Buffer
  readonly pepperVersion: number
}

/**
 * Finds the one set of credentials in a request: the Authorization header or the body, and both only where the realm tolerates it.
 * @param isStrict true where two sets are never tolerated
 * @throws OAuthError `malformed-token-request` for two methods, `invalid-client` for missing or unreadable credentials
 */
export function readCredentials(
  authorization: string | 'repeated' | undefined,
  form: OAuthForm,
  context: AssertionContext,
  now: number,
  isStrict = false,
): PresentedCredentials {
  const methods = [authorization, form.client_secret, form.client_assertion].filter((method) => method !== undefined)
  if (methods.length > 1) {
    const tolerated = context.realm.compatibility.twoMethods && !isStrict ? readSecretBesideHeader(authorization, form) : undefined
    if (tolerated) return tolerated
    throw new OAuthError('malformed-token-request', { description: 'The client authenticates in two ways at once. Use one.' })
  }
  if (form.client_assertion !== undefined) {
    const assertion = readAssertion(form, context, now)
    if (typeof assertion === 'string') throw authenticationFailed(assertion, form.client_id)
    return assertion
  }
  if (authorization === undefined) {
    if (form.client_id === undefined || form.client_secret === undefined) throw authenticationFailed('no-credentials', form.client_id)
    return { clientId: form.client_id, clientSecret: form.client_secret, method: secretMethods.body }
  }
  const credentials = parseBasicOrRefuse(authorization)
  if (form.client_id !== undefined && form.client_id !== credentials.clientId)
    throw authenticationFailed('client-ids-differ', credentials.clientId)
  return credentials
}

/** As in Keycloak: the body counts. Only for a header and a body that name one client, and never beside an assertion. */
function readSecretBesideHeader(
  authorization: string | undefined,
  { client_id: clientId, client_secret: clientSecret, client_assertion: assertion }: OAuthForm,
): PresentedSecret | undefined {
  if (authorization === undefined || clientSecret === undefined || assertion !== undefined) return undefined
  const named = clientOfHeader(authorization)
  if (named === undefined || named !== (clientId ?? named)) return undefined
  return { clientId: named, clientSecret, method: secretMethods.body, ignoredMethod: secretMethods.header }
}

function clientOfHeader(authorization: string): string | undefined {
  try {
    return parseBasic(authorization).clientId
  } catch (error) {
    if (error instanceof BasicSyntaxError) return undefined
    throw error
  }
}

function parseBasicOrRefuse(authorization: string): PresentedSecret {
  try {
    return { ...parseBasic(authorization), method: secretMethods.header }
  } catch (error) {
    if (error instanceof BasicSyntaxError)
      throw authenticationFailed(/^bearer /i.test(authorization) ? 'bearer-token' : 'malformed-basic-header')
    throw error
  }
}

/** A digest without a practical preimage; stands in for clients and secrets that do not exist. */
const noDigest = Buffer.alloc(32)
/** Stands in for what is computed under a version of the pepper that this node does not have: no row of the store is equal to it. */
const unknownDigest = randomBytes(32)
const noClient = '00000000-0000-0000-0000-000000000000'

/**
 * Authenticates a client from the cache, without waiting. If that fails, the store is queried, whether or not the client exists: another
 * node may just have created the client or its secret. A denial is then sent at the earliest 5 ms later, so its time does not tell whether
 * the client exists. A malformed secret is denied without a query as long as the store can be reached, for existing and unknown clients
 * alike; the refusal gets its client later (refusals/name-clients.ts).
 * @throws OAuthError `invalid-client`; any error of a store that cannot be queried
 */
export function authenticateClient(
  cache: Pick<Cache, 'findClient' | 'isReachable' | 'readClient'>,
  pepper: KeyRing,
  realm: string,
  presented: PresentedCredentials,
  now: number,
): AuthenticatedClient | Promise<AuthenticatedClient> {
  const verdict = checkCredentials(cache.findClient(realm, presented.clientId), pepper, presented, now)
  if ('credential' in verdict) return verdict
  if (verdict.failure === 'secret-mistyped' && cache.isReachable())
    throw authenticationFailed(verdict.failure, presented.clientId, verdict.client)
  return authenticateFromStore(cache, pepper, realm, presented, now)
}

/**
 * A denial is sent at the earliest this long after the query of the store began. Otherwise its timing would tell which clients exist:
 * reading an existing client takes longer than reading none. An authenticated client does not wait. Milliseconds.
 */
const denialDelayMs = 5

async function authenticateFromStore(
  cache: Pick<Cache, 'readClient'>,
  pepper: KeyRing,
  realm: string,
  presented: PresentedCredentials,
  now: number,
): Promise<AuthenticatedClient> {
  const delay = pause(denialDelayMs) // Started before the outcome is known.
  const stored = await cache.readClient(realm, presented.clientId)
  if ('prepare' in presented) await presented.prepare?.(credentialsOf(stored.client, presented))
  const verdict = checkCredentials(stored.client, pepper, presented, now)
  if ('failure' in verdict) {
    await delay
    refuseUncheckable(stored.client, pepper, presented)
    throw authenticationFailed(verdict.failure, presented.clientId, verdict.client)
  }
  const { damage, clientId, organization } = verdict.client
  if (damage) throw new OAuthError('token-service-unavailable', { reason: 'client-damaged', clientId, organizationId: organization.id })
  stored.remember()
  return verdict
}

/**
 * A secret under a version of the pepper that this node lacks is not wrong, so its client must not be told so.
 * @throws OAuthError `token-service-unavailable`
 */
function refuseUncheckable(client: ClientRecord | undefined, pepper: KeyRing, presented: PresentedCredentials): void {
  if ('findCredential' in presented || client?.secrets.every(({ pepperVersion }) => pepper.versions.has(pepperVersion)) !== false) return
  const { clientId, organization } = client
  throw new OAuthError('token-service-unavailable', { reason: 'pepper-version-missing', clientId, organizationId: organization.id })
}

/**
 * Checks again, inside the transaction of its change, that the credential is still valid: the cache may have accepted one that another node
 * has just revoked.
 * @param stored the client with this id, as the transaction reads it
 * @throws OAuthError `invalid-client`
 */
export function refuseTakenAway(
  stored: ClientRecord | undefined,
  authenticated: AuthenticatedClient,
  now: number,
): asserts stored is ClientRecord {
  const failure = wasTakenAway(stored, authenticated, now)
  if (failure) throw authenticationFailed(failure, authenticated.client.clientId, stored)
}

/** The reason why an authenticated client would be denied now, by its state in the store; undefined if it would not. */
export function wasTakenAway(
  stored: ClientRecord | undefined,
  { client, credential }: AuthenticatedClient,
  now: number,
): AuthenticationFailure | undefined {
  const isSecret = credential.kind === 'client_secret'
  const ofKind = isSecret ? stored?.secrets : stored?.otherCredentials
  const kept = stored?.id === client.id ? ofKind?.find(({ id }) => id === credential.id) : undefined
  if (!stored || !kept) return isSecret ? 'wrong-secret' : 'wrong-assertion'
  if (hasExpired(kept, now)) return isSecret ? 'expired-secret' : 'expired-credential'
  return whatBars(stored)
}

type Verdict = AuthenticatedClient | { readonly failure: AuthenticationFailure; readonly client: ClientRecord | undefined }

/**
 * For a secret, every path computes one HMAC per pepper version and compares both secret slots in constant time, so timing does not tell
 * which part was wrong. For an assertion, its reader has to see to that.
 */
export function checkCredentials(client: ClientRecord | undefined, pepper: KeyRing, presented: PresentedCredentials, now: number): Verdict {
  if ('findCredential' in presented) return checkAssertion(client, presented, now)
  const digests = digestsOf(pepper, client?.id ?? noClient, presented.clientSecret)
  let matched: SecretRecord | undefined
  for (let slot = 0; slot < 2; slot++) {
    const secret = client?.secrets[slot]
    const digest = digests.get(secret?.pepperVersion ?? pepper.currentVersion) ?? unknownDigest
    if (timingSafeEqual(digest, secret?.digest ?? noDigest)) matched = secret
  }
  const failure = whatFailed(client, matched, presented, now)
  if (failure || !client || !matched) return { failure: failure ?? 'wrong-secret', client }
  const kind = clientAuthenticationMethods[presented.method].credentialKind
  if (matched.pepperVersion >= pepper.currentVersion) return { client, credential: { id: matched.id, kind } }
  const digest = digests.get(pepper.currentVersion)!
  return { client, credential: { id: matched.id, kind, renewal: { secret: matched, digest, pepperVersion: pepper.currentVersion } } }
}

function checkAssertion(
  client: ClientRecord | undefined,
  assertion: PresentedAssertion & Pick<PresentedCredentials, 'realm'>,
  now: number,
): Verdict {
  const { credentialKind: kind } = clientAuthenticationMethods[assertion.method]
  const found = assertion.findCredential(credentialsOf(client, assertion))
  if (!client) return { failure: 'unknown-client', client }
  if (typeof found === 'string') return { failure: found, client }
  const failure = hasExpired(found, now) ? 'expired-credential' : whatBarsMethod(client, assertion)
  if (failure) return { failure, client }
  return { client, credential: { id: found.id, kind, ...(found.keyId !== undefined && { keyId: found.keyId }) } }
}

/** Those of the kind of the method. */
function credentialsOf(client: ClientRecord | undefined, { method }: PresentedAssertion): readonly CredentialRecord[] {
  const { credentialKind } = clientAuthenticationMethods[method]
  return client?.otherCredentials?.filter(({ kind }) => kind === credentialKind) ?? []
}

function whatFailed(
  client: ClientRecord | undefined,
  matched: SecretRecord | undefined,
  presented: PresentedSecret & Pick<PresentedCredentials, 'realm'>,
  now: number,
): AuthenticationFailure | undefined {
  if (!client || !matched) return whatIsWrong(client, presented.clientSecret)
  return hasExpired(matched, now) ? 'expired-secret' : whatBarsMethod(client, presented)
}

function hasExpired({ expiresAt }: Pick<SecretRecord, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

function whatBarsMethod(
  client: ClientRecord,
  { method, realm, anySecretMethod }: Pick<PresentedCredentials, 'method' | 'realm'> & Pick<PresentedSecret, 'anySecretMethod'>,
): AuthenticationFailure | undefined {
  const methods: readonly ClientAuthenticationMethodName[] = anySecretMethod ? secretMethodNames : [method]
  const isAccepted = methods.some((name) => client.authenticationMethods.includes(name) && acceptsMethod(realm ?? {}, name))
  return isAccepted ? whatBars(client) : 'method-not-registered'
}

function whatBars(client: ClientRecord): AuthenticationFailure | undefined {
  if (!client.enabled) return 'client-disabled'
  if (!client.serviceAccountEnabled) return 'service-account-off'
  if (client.organization.status === 'suspended') return 'organization-suspended'
  return undefined
}

function whatIsWrong(client: ClientRecord | undefined, presented: string): AuthenticationFailure {
  if (!isWellFormedSecret(presented)) return 'secret-mistyped'
  return client ? 'wrong-secret' : 'unknown-client'
}

function digestsOf(pepper: KeyRing, client: string, secret: string): Map<number, Buffer> {
  const digests = new Map<number, Buffer>()
  for (const version of pepper.versions.keys()) digests.set(version, digestSecret(pepper, version, client, secret))
  return digests
}

/** Only registered ids reach the audit log: another value may be a secret typed into the wrong field. */
export function authenticationFailed(reason: AuthenticationFailure, presentedId?: string, client?: ClientRecord): OAuthError {
  return new OAuthError('invalid-client', {
    reason,
    description:
      'The client could not be authenticated. Check client_id, client_secret and the realm in the token URL; the page in error_uri lists every cause.',
    ...(presentedId !== undefined && { presentedId }),
    ...(client && { clientId: client.clientId, organizationId: client.organization.id }),
  })
}
