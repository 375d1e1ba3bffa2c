// Client authentication by a shared secret (RFC 6749 §2.3). Every failure gets the same response, and only the audit log has the reason.
// The time of a denial does not tell whether the client exists.
import { timingSafeEqual } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  BasicSyntaxError,
  clientAuthenticationMethods,
  parseBasic,
  secretMethods,
  type ClientAuthenticationMethodName,
  type CredentialKind,
} from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord, SecretRecord } from '../cache/records.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { OAuthError, type AuthenticationFailure } from '../errors.ts'
import { digestSecret, isWellFormedSecret } from '../keys/secret-format.ts'

export interface PresentedCredentials {
  readonly clientId: string
  readonly clientSecret: string
  /** The name of the method in RFC 7591 §2. */
  readonly method: ClientAuthenticationMethodName
}

export interface AuthenticatedClient {
  readonly client: ClientRecord
  /** The credential that matched. */
  readonly credential: { readonly id: string; readonly kind: CredentialKind }
}

/** The member of an audit event's detail that names a credential of this kind. */
export const credentialMembers = { client_secret: 'secretId' } as const satisfies Record<CredentialKind, string>

interface ClientParameters {
  readonly client_id?: string
  readonly client_secret?: string
  readonly client_assertion?: string
}

/**
 * Finds the one set of credentials in a request: the Authorization header or the body, never both.
 * @throws OAuthError `malformed-token-request` for two methods, `invalid-client` for missing or unreadable credentials
 */
export function readCredentials(authorization: string | 'repeated' | undefined, body: ClientParameters): PresentedCredentials {
  const methods = [authorization, body.client_secret, body.client_assertion].filter((method) => method !== undefined)
  if (methods.length > 1)
    throw new OAuthError('malformed-token-request', { description: 'The client authenticates in two ways at once. Use one.' })
  if (body.client_assertion !== undefined) throw authenticationFailed('method-not-registered', body.client_id)
  if (authorization === undefined) {
    if (body.client_id === undefined || body.client_secret === undefined) throw authenticationFailed('no-credentials', body.client_id)
    return { clientId: body.client_id, clientSecret: body.client_secret, method: secretMethods.body }
  }
  const credentials = parseBasicOrRefuse(authorization)
  if (body.client_id !== undefined && body.client_id !== credentials.clientId)
    throw authenticationFailed('client-ids-differ', credentials.clientId)
  return credentials
}

function parseBasicOrRefuse(authorization: string): PresentedCredentials {
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
const noClient = '00000000-0000-0000-0000-000000000000'

/**
 * Authenticates a client from the cache, without waiting. If that fails, the store is queried, whether or not the client exists: another
 * node may just have created the client or its secret, and the time of a denial does not tell whether the client exists. Only a malformed
 * secret is denied without a query, for existing and unknown clients alike.
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
  const verdict = checkCredentials(stored.client, pepper, presented, now)
  if ('failure' in verdict) {
    await delay
    throw authenticationFailed(verdict.failure, presented.clientId, verdict.client)
  }
  const { damage, clientId, organization } = verdict.client
  if (damage) throw new OAuthError('token-service-unavailable', { reason: 'client-damaged', clientId, organizationId: organization.id })
  stored.remember()
  return verdict
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
  const secret = stored?.id === client.id ? stored.secrets.find(({ id }) => id === credential.id) : undefined
  if (!stored || !secret) return 'wrong-secret'
  return secret.expiresAt !== null && secret.expiresAt <= now ? 'expired-secret' : whatBars(stored)
}

type Verdict = AuthenticatedClient | { readonly failure: AuthenticationFailure; readonly client: ClientRecord | undefined }

/**
 * Every path computes one HMAC per pepper version and compares both secret slots in constant time, so timing does not tell which part was
 * wrong.
 */
export function checkCredentials(client: ClientRecord | undefined, pepper: KeyRing, presented: PresentedCredentials, now: number): Verdict {
  const digests = digestsOf(pepper, client?.id ?? noClient, presented.clientSecret)
  let matched: SecretRecord | undefined
  for (let slot = 0; slot < 2; slot++) {
    const secret = client?.secrets[slot]
    const digest = digests.get(secret?.pepperVersion ?? pepper.currentVersion) ?? noDigest
    if (timingSafeEqual(digest, secret?.digest ?? noDigest)) matched = secret
  }
  const failure = whatFailed(client, matched, presented, now)
  if (failure || !client || !matched) return { failure: failure ?? 'wrong-secret', client }
  return { client, credential: { id: matched.id, kind: clientAuthenticationMethods[presented.method].credentialKind } }
}

function whatFailed(
  client: ClientRecord | undefined,
  matched: SecretRecord | undefined,
  { clientSecret, method }: PresentedCredentials,
  now: number,
): AuthenticationFailure | undefined {
  if (!client || !matched) return whatIsWrong(client, clientSecret)
  if (matched.expiresAt !== null && matched.expiresAt <= now) return 'expired-secret'
  if (!client.authenticationMethods.includes(method)) return 'method-not-registered'
  return whatBars(client)
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
