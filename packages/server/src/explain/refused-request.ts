// A refused request, from whichever place knows it: a report of a guard, a refusal of this server, or its audit event.
import type { Selectable } from 'kysely'
import { isProblemCode, type ProblemCode } from '@countersign/protocol'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { endpointKinds, type EndpointKind } from '../http/endpoints.ts'
import { routeTemplate } from '../http/route-template.ts'
import type { RefusalDetail } from '../refusals/refusal.ts'
import type { Schema } from '../store/schema.ts'
import { codeOfReason } from './code-of-reason.ts'

export interface RefusedRequest {
  readonly requestId: string
  readonly at: number
  readonly source: 'guard' | EndpointKind
  /** The client id of a guard; empty for this server. */
  readonly reporter: string
  readonly realm: string | null
  readonly guard: string | null
  readonly api: string | null
  readonly method: string | null
  readonly route: string | null
  readonly code: ProblemCode
  readonly reason: string | null
  readonly organizationId: string | null
  readonly clientId: string | null
  readonly address: string | null
  readonly apiRequestId: string | null
  readonly callerRequestId: string | null
  readonly detail: RefusalDetail
}

export function ofRefusal(row: Selectable<Schema['refusals']>): RefusedRequest {
  return {
    requestId: row.request_id,
    at: row.at,
    source: endpointKinds.find((kind) => kind === row.source) ?? 'guard',
    reporter: row.reporter,
    realm: row.realm === '' ? null : row.realm,
    guard: row.guard,
    api: row.api,
    method: row.method,
    route: row.route,
    code: isProblemCode(row.code) ? row.code : 'internal-error',
    reason: row.reason,
    organizationId: row.organization_id,
    clientId: row.client_id,
    address: row.address,
    apiRequestId: row.api_request_id,
    callerRequestId: row.caller_request_id,
    detail: parseDetail(row.detail),
  }
}

export function ofEvent(event: StoredEvent, requestId: string): RefusedRequest {
  const { code, at, method = null, route = null } = parseDetail(event.detail) as Record<string, string | null | undefined>
  return {
    requestId,
    at: event.at,
    source: at === 'portal' ? at : sourceOf(event.kind, route ?? ''),
    reporter: '',
    realm: event.realm,
    guard: null,
    api: null,
    method: method ?? null,
    route: route === null || route === undefined ? null : routeTemplate(route),
    code: typeof code === 'string' && isProblemCode(code) ? code : codeOfReason(event.reason ?? ''),
    reason: event.reason,
    organizationId: event.organization_id,
    clientId: event.client_id,
    address: event.address,
    apiRequestId: null,
    callerRequestId: event.caller_request_id,
    detail: {},
  }
}

const sourceOfKind: Readonly<Record<string, EndpointKind>> = {
  'token.request': 'token',
  'token.introspection': 'introspection',
  'token.revocation': 'revocation',
  'rotation.start': 'me',
  'rotation.confirm': 'me',
  'rotation.cancel': 'me',
  'session.start': 'console',
  'session.confirm': 'console',
}

function sourceOf(kind: string, route: string): EndpointKind {
  const known = sourceOfKind[kind]
  if (known) return known
  if (route.startsWith('/admin/')) return 'admin'
  if (route.startsWith('/console/')) return 'console'
  if (route.startsWith('/portal/')) return 'portal'
  return route.includes('/v1/me') ? 'me' : 'other'
}

/** A row that was damaged must not hide the rest of an explanation. */
export function parseDetail<Detail extends object = RefusalDetail>(text: string): Detail {
  try {
    const value: unknown = JSON.parse(text)
    return (typeof value === 'object' && value !== null ? value : {}) as Detail
  } catch {
    return {} as Detail
  }
}

const places: { readonly [kind in EndpointKind]: string } = {
  token: 'the token endpoint',
  introspection: 'the introspection endpoint',
  revocation: 'the revocation endpoint',
  discovery: 'the published metadata',
  me: 'the API of the realm for its clients (/v1/me)',
  entitlement: 'the API of the realm for guards (/v1/entitlement)',
  changes: 'the API of the realm for guards (/v1/changes)',
  decisions: 'the API of the realm for guards (/v1/decisions)',
  evaluation: 'the decision endpoint of the realm (/access/v1/evaluation)',
  admin: 'the admin API',
  console: 'the console',
  portal: 'the portal',
  'problem-page': 'a page about a problem',
  probe: 'a probe',
  other: 'this server',
}

/** Where it was refused, in words. */
export function placeOf({ source, api, reporter }: Pick<RefusedRequest, 'source' | 'api' | 'reporter'>): string {
  if (source !== 'guard') return places[source]
  return `the guard of the API ${api === null ? 'without a name' : `"${api}"`}, as the client "${reporter}" reports`
}
