// The common part of requests in which a client authenticates itself, at an OAuth endpoint or to replace its own secret: admission by
// address, authentication, uniform failures, and an audit event for every denial.
import type { FastifyError, FastifyRequest, onRequestHookHandler } from 'fastify'
import { readSingleHeader, type ClientAuthenticationMethodName, type CredentialKind } from '@countersign/protocol'
import type { RequestKind } from '../audit/events/kinds.ts'
import { toExpectedError } from '../http/answer-error.ts'
import { originOf, type RequestOrigin } from '../http/request-origin.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { authenticateClient, authenticationFailed, readCredentials, type AuthenticatedClient } from './authenticate-client.ts'
import { useAssertion, type AssertionContext } from './client-assertions.ts'
import type { Clock } from '../clock.ts'
import type { Cache } from '../cache/cache.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { OAuthError, toError } from '../errors.ts'
import type { AddressProtection } from '../throttle/address-protection.ts'
import { refuseQueryParameters, type OAuthForm } from '../api/form.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who has authenticated by its own credential, and not by a token. */
    authenticated: AuthenticatedClient | undefined
  }
}

/** What the authentication of a realm's clients needs. */
export interface ClientRequestContext extends AssertionContext {
  readonly bodyLimit: number
  readonly clock: Clock
  readonly cache: Cache
  readonly pepper: KeyRing
  readonly audit: AuditLog
  readonly usage: {
    /** Records that a client was authenticated with one of its credentials. */
    note(authenticated: AuthenticatedClient, now: number, origin: RequestOrigin, userAgent: string | undefined): void
  }
  readonly protection: AddressProtection
  readonly addressOf: (request: FastifyRequest) => string
}

/**
 * A hook that admits a request before its body is read. It continues synchronously if the counters answer synchronously. The framework
 * would take a thrown null for success, so that every failure is turned into an error.
 */
export function admitClientRequests(context: ClientRequestContext): onRequestHookHandler {
  return (request, _reply, done) => {
    const refuse = (thrown: unknown) => done(toError(thrown))
    try {
      const admitted = context.protection.admit(context.addressOf(request), context.clock())
      if (admitted) return void admitted.then(() => refuseUnreadable(request)).then(() => done(), refuse)
      refuseUnreadable(request)
    } catch (thrown) {
      return refuse(thrown)
    }
    done()
  }
}

/** @throws OAuthError for an encoded body, or parameters in the query */
function refuseUnreadable(request: FastifyRequest): void {
  if (request.headers['content-encoding'] !== undefined) throw new OAuthError('token-request-encoded')
  refuseQueryParameters(request.raw.url ?? '')
}

interface AuthenticationOptions {
  readonly isUse?: boolean
  readonly credentialKind?: CredentialKind
  readonly ignoresHeader?: boolean
  readonly anySecretMethod?: boolean
}

/**
 * Authenticates the client of a request, by the Authorization header or the form.
 * @param isUse false if the request does not count as a use of the secret
 * @param ignoresHeader true where only the form counts: a page cannot know what a browser or a proxy adds
 * @param anySecretMethod true where a person enters a secret: the method of its programs does not matter
 * @param credentialKind the only kind of credential that is accepted; without it, every kind is
 * @throws OAuthError `invalid-client`, counted against the client at the address; the error of a block
 */
export async function authenticateRequest(
  context: ClientRequestContext,
  request: FastifyRequest,
  form: OAuthForm,
  { isUse = true, credentialKind, ignoresHeader = false, anySecretMethod = false }: AuthenticationOptions = {},
): Promise<AuthenticatedClient> {
  const { realm, cache, pepper, protection, usage } = context
  const isStrict = credentialKind !== undefined // No endpoint that Keycloak has demands a kind.
  const address = context.addressOf(request)
  const now = context.clock()
  try {
    const authorization = ignoresHeader ? undefined : readSingleHeader(request.raw.rawHeaders, 'authorization')
    const presented = readCredentials(authorization, form, context, now, isStrict)
    const ofRealm = realm.clientAuthentication ? { ...presented, realm } : presented
    const credentials = anySecretMethod && 'clientSecret' in ofRealm ? { ...ofRealm, anySecretMethod } : ofRealm
    const admitted = protection.refuseBlocked(address, credentials.clientId, now)
    if (admitted) await admitted
    const authenticated = await authenticateClient(cache, pepper, realm.name, credentials, now)
    request.clientId = authenticated.client.clientId
    request.organizationId = authenticated.client.organization.id
    if (credentialKind !== undefined && authenticated.credential.kind !== credentialKind)
      throw authenticationFailed('wrong-credential-kind', credentials.clientId, authenticated.client)
    if ('use' in credentials && !(await useAssertion(request, credentials, authenticated.client)))
      throw authenticationFailed('repeated-assertion', credentials.clientId, authenticated.client)
    request.authenticated = authenticated
    if (isUse) usage.note(authenticated, now, originOf(request, address), request.headers['user-agent'])
    return 'ignoredMethod' in credentials ? noteIgnored(request, authenticated, credentials.ignoredMethod) : authenticated
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid-client') throw error
    const recorded = protection.recordFailure(address, error.details.presentedId ?? '', now)
    if (recorded) await recorded // An attempt after the response must find this failure counted.
    throw error
  }
}

/** A client that the realm tolerates should be repaired all the same, so that its provider can find it. */
function noteIgnored(
  request: FastifyRequest,
  authenticated: AuthenticatedClient,
  ignoredMethod: ClientAuthenticationMethodName | undefined,
): AuthenticatedClient {
  if (ignoredMethod === undefined) return authenticated
  const { clientId, realm } = authenticated.client
  request.log.info(
    { realm, clientId, ignoredMethod },
    'a client authenticated in two ways at once; only the credentials in the body counted',
  )
  return { ...authenticated, ignoredMethod }
}

/** @param kind the kind of the audit event */
export function noteClientDenial(
  { audit, realm, addressOf }: ClientRequestContext,
  kind: RequestKind,
  thrown: unknown,
  request: FastifyRequest,
): void {
  const { surface, endpoint } = request.routeOptions.config
  const isSignIn = kind === 'session.start' || kind === 'session.confirm'
  const error = toError(thrown)
  const denial = error instanceof OAuthError ? error : undefined
  const reason = denial?.reason ?? (error as Partial<FastifyError>).code ?? error.name
  const clientId = denial?.details.clientId ?? request.clientId
  const organizationId = denial?.details.organizationId ?? request.organizationId
  // The error may be answered as another one.
  request.refused = { reason, clientId, organizationId, presentedId: denial?.details.presentedId }
  audit.noteDenial(
    {
      kind,
      outcome: 'refused',
      reason,
      realm: realm.name,
      organizationId,
      clientId,
      ...originOf(request, addressOf(request)),
      detail: {
        code: toExpectedError(error, surface === 'oauth').code,
        ...(isSignIn && endpoint?.kind === 'portal' && { at: endpoint.kind }),
      },
    },
    denial?.details.presentedId,
  )
}
