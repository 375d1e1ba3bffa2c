// Who is calling, as the API behind the proxy reads it. Every header is there in every answer that lets a request through, empty where there
// is nothing to say: a proxy that copies all of them overwrites whatever the caller sent under these names.
import type { Access } from '@countersign/guard'
import type { Route } from './route-table.ts'

export const identityNames = [
  'client-id',
  'organization-id',
  'organization',
  'scope',
  'partner-id',
  'requestor-id',
  'token-id',
  'route',
  'signature',
] as const
export type IdentityName = (typeof identityNames)[number]

export type Identity = Readonly<Record<IdentityName, string>>

/** Of a public route, and of a request that passes although it is denied. */
export function anonymousIdentity(route: Route): Identity {
  return {
    'client-id': '',
    'organization-id': '',
    organization: '',
    scope: '',
    'partner-id': '',
    'requestor-id': '',
    'token-id': '',
    route: route.template.text,
    signature: '',
  }
}

export function identityOf({ token, entitlement, requestorId = '' }: Access, route: Route, partnerId: string | undefined): Identity {
  const { id, slug } = entitlement.organization.rights
  return {
    'client-id': inHeader(token.clientId),
    'organization-id': inHeader(id),
    organization: inHeader(slug),
    scope: token.scope,
    'partner-id': partnerId ?? '',
    'requestor-id': requestorId,
    'token-id': inHeader(token.tokenId),
    route: route.template.text,
    signature: '',
  }
}

/** In lower case. */
export function identityHeaders(prefix: string, identity: Identity): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of identityNames) headers[prefix + name] = identity[name]
  return headers
}

/**
 * What is not visible ASCII is percent-encoded, and so is "%": two ids must never be the same text in a header, and blanks at its ends would be
 * lost.
 */
function inHeader(text: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(text) ? text : text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/gu, encodeURIComponent)
}
