// The description of an operation. The tables are in operations/, by resource.
import type { z } from 'zod'

export interface Operation {
  readonly summary: string
  /** Details for the reference, in addition to the summary. */
  readonly description?: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Members in braces are the `params`. */
  readonly path: `/admin/v1/${string}`
  /** The scope that the operator's token needs; null if every operator may. */
  readonly scope: AdminScope | null
  readonly status: 200 | 201
  readonly params: z.ZodObject
  /**
   * What an operator that is limited to realms gets. An operation with `{realm}` in its path is allowed in these realms; every other one
   * says here whether its answer has only what belongs to them (`filtered`), or is refused.
   */
  readonly acrossRealms?: 'filtered' | 'refused'
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly output: z.ZodType
  /** The response has a `version`, which is also its ETag. */
  readonly etag?: true
  /** A POST that changes nothing: its input must not be in a URL, which is logged. */
  readonly reads?: true
  /** Cannot be undone: the command line asks for confirmation. */
  readonly destructive?: true
  /** The member of the response that contains a secret, or a link with one, which is shown once. */
  readonly secret?: 'clientSecret' | 'url'
  /** The body has a private key, which can sign for every client of the realm: where one of them is an operator, only an owner may. */
  readonly bringsSigningKey?: true
  /** What a client that has signed in to the portal may do with it for itself; absent if it may not. */
  readonly portal?: PortalRow
  /** Bytes; for bodies above the usual limit of the server. */
  readonly bodyLimit?: number
}

/** From the least to the most. */
export const portalRoles = ['viewer', 'developer', 'admin'] as const
export type PortalRole = (typeof portalRoles)[number]

/** An operation at the portal: for the client of the session, and with nothing that is only for operators. */
export interface PortalRow {
  /** The lowest role that may call it. */
  readonly role: PortalRole
  /** Members of the body that are refused. */
  readonly without?: readonly string[]
  /** Members that the response does not have; those of a list of items as `items.member`. */
  readonly hides?: readonly string[]
}

/** The issuer of the operators' tokens, below the URL of the server. */
export const operatorsIssuerPath = '/realms/operators'
/** Where operators get their tokens, below the URL of the server. */
export const operatorsTokenPath = `${operatorsIssuerPath}/protocol/openid-connect/token`

export const adminScopes = [
  'organizations:read',
  'organizations:write',
  'clients:read',
  'clients:write',
  'secrets:write',
  'audit:read',
  'keys:read',
  'keys:write',
] as const
export type AdminScope = (typeof adminScopes)[number]

/** Whether the operation changes something, in one transaction with its audit event. */
export function isWrite({ method, reads }: Pick<Operation, 'method' | 'reads'>): boolean {
  return method !== 'GET' && reads !== true
}

/** Whether the operation accepts an Idempotency-Key: every write, which is then applied at most once. */
export function takesIdempotencyKey(operation: Operation): boolean {
  return isWrite(operation)
}

/** The resource whose version If-Match names: the innermost versioned one in the path of a write. */
export function ifMatchOf(operation: Operation): 'organization' | 'client' | 'claim set' | undefined {
  const { path } = operation
  if (!isWrite(operation)) return undefined
  if (path.includes('{client}')) return 'client'
  if (path.includes('{claimSet}')) return 'claim set'
  return path.includes('{organization}') ? 'organization' : undefined
}

/** Whether If-Match is required: edits must name a version or "*", because they could undo the change of another operator. */
export function requiresIfMatch({ method }: Operation): boolean {
  return method === 'PATCH'
}
