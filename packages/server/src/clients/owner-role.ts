// Who is an owner among the operators: one that may change operators, and of whom one has to be left. It is stored with the client and
// not read off the scopes, so that a release can add a scope without taking the role from those who lack it or giving it to others.
import { adminScopes, type AdminScope } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'

/**
 * Every owner has these, and its token has to carry them to change an operator. They are those of 0.1.0, in which every scope made an
 * owner; a new scope does not join them.
 */
export const ownerScopes: readonly AdminScope[] = [
  'organizations:read',
  'organizations:write',
  'clients:read',
  'clients:write',
  'secrets:write',
  'audit:read',
]

interface StoredOperator {
  readonly role: string | null
  /** JSON, as it is stored. */
  readonly scopes: string
}

/**
 * Whether a client of the operators' realm is an owner, by its row. A node of 0.1.0 takes scopes away and leaves the role, so the role
 * alone is not enough; it also makes owners without the role, which are told by their scopes as long as there are no others.
 */
export function isOwner({ role, scopes }: StoredOperator): boolean {
  return includesAll(parseTexts(scopes) ?? [], ownerScopes) && (role === 'owner' || includesAll(ownerScopes, adminScopes))
}

/**
 * The role of a client whose scopes are set to these. Only an owner sets those of operators: every scope that there is makes an owner,
 * and an owner stays one as long as it loses none.
 */
export function roleFor({ name }: Realm, scopes: readonly string[], before?: StoredOperator): 'owner' | null {
  if (name !== operatorsRealmName) return null
  if (includesAll(scopes, adminScopes)) return 'owner'
  if (!before || !isOwner(before)) return null
  const had = parseTexts(before.scopes) ?? []
  return includesAll(
    scopes,
    adminScopes.filter((scope) => had.includes(scope)),
  )
    ? 'owner'
    : null
}

export function includesAll(scopes: Iterable<string>, wanted: readonly string[]): boolean {
  const present = new Set(scopes)
  return wanted.every((scope) => present.has(scope))
}
