// What every request takes in which a client authenticates itself, at an OAuth endpoint or where it replaces its own secret: admitted
// by address, let in by its credentials, refused alike, and every refusal in the audit log.
import type { FastifyError, FastifyRequest, onRequestHookHandler } from 'fastify'
import { readSingleHeader } from '@countersign/protocol'
import type { AuditLog } from '../audit/audit-log.ts'
import { authenticateClient, readCredentials, type AuthenticatedClient } from './authenticate-client.ts'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { OAuthError } from '../errors.ts'
import type { AddressProtection } from '../throttle/address-protection.ts'
import { refuseQueryParameters, type OAuthForm } from '../api/form.ts'

/** What the clients of a realm are authenticated with. */
export interface ClientRequestContext {
  readonly realm: Realm
  readonly bodyLimit: number
  readonly clock: Clock
  readonly cache: Cache
  readonly pepper: KeyRing
  readonly audit: AuditLog
  readonly usage: {
    /** Notes that a client was authenticated with one of its secrets. */
    note(authenticated: AuthenticatedClient, now: number, request: { readonly address: string; readonly requestId: string }): void
  }
  readonly protection: AddressProtection
  readonly addressOf: (request: FastifyRequest) => string
}

/** A hook that admits a request before its body is read. A request does not wait where the counters answer at once. */
export function admitClientRequests(context: ClientRequestContext): onRequestHookHandler {
  return (request, _reply, done) => {
    const admitted = context.protection.admit(context.addressOf(request), context.clock())
    if (admitted) return void admitted.then(() => refuseUnreadable(request)).then(() => done(), done)
    refuseUnreadable(request)
    done()
  }
}

/** @throws OAuthError for an encoded body, or parameters in the query */
function refuseUnreadable(request: FastifyRequest): void {
  if (request.headers['content-encoding'] !== undefined) throw new OAuthError('token-request-encoded')
  refuseQueryParameters(request.raw.url ?? '')
}

/**
 * Finds out which client has sent a request, by the Authorization header or the form.
 * @param isUse false where the request itself is no use of the secret
 * @throws OAuthError `invalid-client`, counted against the address; what a blocked address gets
 */
export async function authenticateRequest(
  context: ClientRequestContext,
  request: FastifyRequest,
  form: OAuthForm,
  { isUse = true }: { readonly isUse?: boolean } = {},
): Promise<AuthenticatedClient> {
  const { realm, cache, pepper, protection, usage } = context
  const address = context.addressOf(request)
  const now = context.clock()
  const admitted = protection.refuseBlocked(address, now)
  if (admitted) await admitted
  try {
    const credentials = readCredentials(readSingleHeader(request.raw.rawHeaders, 'authorization'), form)
    const authenticated = await authenticateClient(cache, pepper, realm.name, credentials, now)
    request.clientId = authenticated.client.clientId
    if (isUse) usage.note(authenticated, now, { address, requestId: request.id })
    return authenticated
  } catch (error) {
    const recorded = error instanceof OAuthError && error.code === 'invalid-client' ? protection.recordFailure(address, now) : undefined
    if (recorded) await recorded // An attempt after the response finds it counted.
    throw error
  }
}

/** @param kind of the audit event */
export function noteClientDenial(
  { audit, realm, addressOf }: ClientRequestContext,
  kind: string,
  error: Error,
  request: FastifyRequest,
): void {
  const refused = error instanceof OAuthError ? error : undefined
  audit.noteDenial(
    {
      kind,
      outcome: 'refused',
      reason: refused?.reason ?? (error as Partial<FastifyError>).code ?? error.name,
      realm: realm.name,
      organizationId: refused?.details.organizationId,
      clientId: refused ? refused.details.clientId : request.clientId,
      address: addressOf(request),
      requestId: request.id,
    },
    refused?.details.presentedId,
  )
}
