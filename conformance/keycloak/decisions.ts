// Where an answer is not Keycloak's on purpose. Each decision is about one field of an answer, and a difference that none allows is a fault.
import type { Difference } from './compare-answers.ts'
import type { RecordedExchange } from './recorded-exchange.ts'
import type { LeftBehindKind, ResolvedRealm } from './resolved-realm.ts'

/** A difference, and where it was found. */
export interface FoundDifference extends Difference {
  readonly exchange: RecordedExchange
  readonly resolved: ResolvedRealm
}

export interface Decision {
  readonly field: string
  readonly allows: (found: FoundDifference) => boolean
  readonly reason: string
}

/** At most 15. */
export const decisions: readonly Decision[] = [
  {
    field: 'status',
    allows: (found) => found.theirs === '400 invalid_client' && isRefused(found, 'no-machine-client'),
    reason: 'A client that never gets tokens (bearer-only, SAML) is unknown at the token endpoint.',
  },
  {
    field: 'status',
    allows: (found) => isRefused(found, 'lightweight', 'refresh-token', 'bound-token', 'not-reproducible'),
    reason:
      'A client stays behind whose tokens cannot be had here: lightweight ones, with refresh tokens (RFC 6749 §4.4.3), bound to a key, or with claims that no grant can make. The resolver names the cause.',
  },
  {
    field: 'status',
    allows: ({ theirs, ours, ...found }) =>
      theirs === '200' && ours === '400 invalid_scope' && scopesOf(found).some((scope) => staysBehind(found, scope)),
    reason: 'A scope that stays behind is unknown: "organization:…" asks for what only Keycloak knows, others depend on each other.',
  },
  {
    field: 'status',
    allows: ({ theirs, ours, exchange }) => theirs === '400 invalid_scope' && ours === '200' && exchange.scope === '',
    reason: 'An empty scope is as good as none: some programs send every member of their form.',
  },
  {
    field: 'error',
    allows: ({ theirs, ours }) => theirs === 'unauthorized_client' && ours === 'invalid_client',
    reason: 'A refused client gets one error for every cause, so that it does not tell which clients exist (RFC 6749 §5.2).',
  },
  {
    field: 'error',
    allows: ({ theirs, ours, ...found }) => theirs === 'invalid_request' && ours === 'invalid_client' && isDisabled(found),
    reason: 'A client whose account is disabled or deleted is a disabled client, and refused as one.',
  },
  {
    field: 'response.id_token',
    allows: ({ ours, ...found }) => ours === undefined && scopesOf(found).includes('openid'),
    reason: 'No login has taken place, so there is no id_token; "openid" is named in the scope.',
  },
  {
    field: 'response.expires_in',
    allows: ({ theirs, ours }) => Number(ours) - Number(theirs) === 1,
    reason: 'Keycloak reads its clock twice, and now and then answers one second less than its token has.',
  },
  {
    field: 'response.not-before-policy',
    allows: ({ theirs, exchange, resolved }) =>
      resolved.clients.some(({ clientId, notBefore }) => clientId === exchange.clientId && notBefore === theirs),
    reason: 'The response names the cut of the realm. A cut of the client is about tokens of Keycloak, and is not set by the admin API.',
  },
  {
    field: 'header.kid',
    allows: ({ theirs, ours }) => typeof theirs === 'string' && typeof ours === 'string',
    reason: 'The key is ours. The id of an imported key is imported with it.',
  },
]

type Found = Pick<FoundDifference, 'exchange' | 'resolved'>

/** Whether the client was not set up, for a reason of one of these kinds. */
function isRefused({ ours, exchange, resolved }: FoundDifference, ...kinds: readonly LeftBehindKind[]): boolean {
  const client = resolved.leftBehind.find((one) => one.clientId === exchange.clientId && one.scope === undefined)
  return client !== undefined && kinds.includes(client.kind) && ours === '401 invalid_client'
}

function isDisabled({ exchange, resolved }: Found): boolean {
  return resolved.clients.some((client) => client.clientId === exchange.clientId && !client.enabled)
}

function scopesOf({ exchange: { scope = '' } }: Found): string[] {
  return scope.split(' ')
}

function staysBehind({ exchange, resolved }: Found, scope: string): boolean {
  return scope.startsWith('organization:') || resolved.leftBehind.some((one) => one.clientId === exchange.clientId && one.scope === scope)
}
