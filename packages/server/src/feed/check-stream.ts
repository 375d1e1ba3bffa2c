// Decides whether a stream may go on: the guard decides about its token as it does for a request, and no credential that the client had
// at the beginning of the stream is gone.
import { decideAccess, type Guard, type UnexplainedDenial } from '@countersign/guard'
import { mayReadEntitlements } from '../api/entitlement-readers.ts'
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord } from '../cache/records.ts'
import type { Clock } from '../clock.ts'
import type { StreamHolder } from './event-stream.ts'

export interface CheckOptions {
  readonly realm: string
  readonly guard: Pick<Guard, 'verifyToken'>
  readonly cache: Pick<Cache, 'findClient' | 'readClient' | 'findEntitlement'>
  /** Milliseconds since the epoch. */
  readonly now: Clock
}

export type StreamVerdict =
  | { readonly kind: 'valid'; readonly credentials: readonly string[]; readonly until: number }
  | { readonly kind: 'ended'; readonly reason: 'token' | 'client' }
  /** Neither: the store cannot be read, or the time is not known. */
  | { readonly kind: 'undecided' }

/** @param credentials those that the client had at the beginning; undefined at the beginning. Never rejects. */
export type CheckStream = (holder: StreamHolder, credentials: readonly string[] | undefined) => Promise<StreamVerdict>

export function createStreamCheck({ realm, guard, cache, now }: CheckOptions): CheckStream {
  async function check({ token, clientId }: StreamHolder, credentials: readonly string[] | undefined): Promise<StreamVerdict> {
    const verdict = await guard.verifyToken(token)
    if (!verdict.valid) return isUndecided(verdict.denial) ? { kind: 'undecided' } : { kind: 'ended', reason: await reasonOf(clientId) }
    const { token: verified, entitlement } = verdict
    // Not authorize(), which would count against the rate of the organization.
    const decision = decideAccess(verified, entitlement, mayReadEntitlements, { rawHeaders: [], url: '', params: {} })
    if (!decision.allowed) return { kind: 'ended', reason: 'client' }
    const live = liveCredentials(await getClient(clientId), now())
    const held = credentials ?? [...live.keys()]
    if (held.some((id) => !live.has(id))) return { kind: 'ended', reason: 'client' }
    const until = Math.min(verified.expiresAt * 1000, ...held.map((id) => live.get(id)!))
    return { kind: 'valid', credentials: held, until }
  }

  /** Another token helps, unless the client is gone or disabled. */
  async function reasonOf(clientId: string): Promise<'token' | 'client'> {
    const entitlement = await cache.findEntitlement(realm, clientId)
    return entitlement?.client.rights.enabled === true ? 'token' : 'client'
  }

  async function getClient(clientId: string): Promise<ClientRecord | undefined> {
    const known = cache.findClient(realm, clientId)
    if (known) return known
    const stored = await cache.readClient(realm, clientId)
    stored.remember()
    return stored.client
  }

  return (holder, credentials) => check(holder, credentials).catch(() => ({ kind: 'undecided' }))
}

function isUndecided({ code }: UnexplainedDenial): boolean {
  return code === 'temporarily-unavailable' || code === 'internal-error'
}

/** The ids of credentials that have not expired, and when they will. */
function liveCredentials(client: ClientRecord | undefined, now: number): Map<string, number> {
  const all = [...(client?.secrets ?? []), ...(client?.otherCredentials ?? [])]
  return new Map(all.map(({ id, expiresAt }) => [id, expiresAt ?? Infinity] as const).filter(([, expiresAt]) => expiresAt > now))
}
