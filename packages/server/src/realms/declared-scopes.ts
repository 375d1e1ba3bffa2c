// The scopes that a realm declares: its own API's, and those of its further APIs.
import { z } from 'zod'
import { isScopeToken } from '@countersign/protocol'

export const scopeToken = z.string().refine(isScopeToken, 'a scope token (RFC 6749 §3.3)')
export const declaredScopes = z
  .array(
    z.union(
      [
        scopeToken,
        z.strictObject({ name: scopeToken, shown: z.boolean().describe('False for a scope that acts without being named in tokens.') }),
      ],
      'a scope token (RFC 6749 §3.3), or its "name" and whether it is "shown"',
    ),
  )
  .max(500)
type DeclaredScope = z.output<typeof declaredScopes>[number]

interface ScopesOfRealm {
  readonly scopes: readonly DeclaredScope[]
  readonly apis: Readonly<Record<string, { readonly scopes: readonly DeclaredScope[] }>>
}

/** The names of all scopes, those of the realm's own API first. */
export function scopeNames({ scopes, apis }: ScopesOfRealm): string[] {
  return [...new Set([scopes, ...Object.values(apis).map((api) => api.scopes)].flat().map(nameOf))]
}

export function nameOf(scope: DeclaredScope): string {
  return typeof scope === 'string' ? scope : scope.name
}

/** The names of the scopes that are in no token. */
export function hiddenScopeNames({ scopes, apis }: ScopesOfRealm): string[] {
  const all = [scopes, ...Object.values(apis).map((api) => api.scopes)].flat()
  return all.filter((scope) => typeof scope !== 'string' && !scope.shown).map(nameOf)
}
