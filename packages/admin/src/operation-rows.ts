// What a page in the browser knows of an operation without its shapes: table.ts has a row for each, made by scripts/generate.ts.
import { ifMatchOf, isWrite, requiresIfMatch, takesIdempotencyKey, type AdminScope, type Operation, type PortalRow } from './operation.ts'

export interface OperationRow {
  readonly method: Operation['method']
  /** Members in braces are the `params`. */
  readonly path: Operation['path']
  /** The scope that the operator needs; null if it needs none. */
  readonly scope: AdminScope | null
  /** The response has a `version`, which is also its ETag. */
  readonly etag?: true
  /** The resource whose version If-Match names. */
  readonly ifMatch?: 'organization' | 'client' | 'claim set'
  readonly needsIfMatch?: true
  /** Changes something, and is applied once for each Idempotency-Key. */
  readonly takesKey?: true
  /** The member of the response that is shown once. */
  readonly secret?: 'clientSecret' | 'url'
  /** Cannot be undone. */
  readonly destructive?: true
  /** A POST that changes nothing. */
  readonly reads?: true
  /** Who may call it at the portal, and how; absent if it is not there. */
  readonly portal?: PortalRow
}

export function describeRow(operation: Operation): OperationRow {
  const { method, path, scope, etag, secret, destructive, portal } = operation
  const ifMatch = ifMatchOf(operation)
  return {
    method,
    path,
    scope,
    ...(etag && { etag }),
    ...(ifMatch && { ifMatch }),
    ...(requiresIfMatch(operation) && { needsIfMatch: true }),
    ...(takesIdempotencyKey(operation) && { takesKey: true }),
    ...(secret && { secret }),
    ...(destructive && { destructive }),
    ...(method !== 'GET' && !isWrite(operation) && { reads: true }),
    ...(portal && { portal }),
  }
}
