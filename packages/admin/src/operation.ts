// What an operation says of itself. The tables are in operations/, by what they are about.
import type { z } from 'zod'

export interface Operation {
  readonly summary: string
  /** What the summary leaves open, for the reference. */
  readonly description?: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Members in braces are the `params`. */
  readonly path: `/admin/v1/${string}`
  /** The scope that the operator's token needs. */
  readonly scope: AdminScope
  readonly status: 200 | 201
  readonly params: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly output: z.ZodType
  /** The answer has a `version`, and the ETag is made of it. */
  readonly etag?: true
  /** What it takes away does not come back: a command line asks first. */
  readonly destructive?: true
  /** The member of the answer that holds a secret, which is shown once. */
  readonly secret?: 'clientSecret'
  /** Bytes, where the usual limit of the server is too small. */
  readonly bodyLimit?: number
}

/** Where operators get their tokens, below the URL of the server. */
export const operatorsTokenPath = '/realms/operators/protocol/openid-connect/token'

export const adminScopes = [
  'organizations:read',
  'organizations:write',
  'clients:read',
  'clients:write',
  'secrets:write',
  'audit:read',
] as const
export type AdminScope = (typeof adminScopes)[number]

/** A write may be repeated with the same Idempotency-Key; it then happens once. */
export function takesIdempotencyKey({ method }: Operation): boolean {
  return method !== 'GET'
}

/** What the version in If-Match is of: the innermost versioned resource in the path of a write. */
export function ifMatchOf({ method, path }: Operation): 'organization' | 'client' | undefined {
  if (method === 'GET') return undefined
  if (path.includes('{client}')) return 'client'
  return path.includes('{organization}') ? 'organization' : undefined
}

/** An edit must say which version it is of, or that it does not care: it could undo what another operator just did. */
export function requiresIfMatch({ method }: Operation): boolean {
  return method === 'PATCH'
}
