// The owner role: an owner may change operators, and at least one owner must remain. The role is stored with the client and not derived
// from the scopes, so a release can add a scope without taking the role from operators that lack it or giving it to others.
import { adminScopes, type AdminScope } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'

/**
 * Every owner has these scopes, and its token must carry them to change an operator. They are the scopes of 0.1.0, in which having every
 * scope made an owner; new scopes are not added.
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
 * Whether the row of an operator has the owner role. A node of 0.1.0 removes scopes and leaves the role, so the role alone is not enough;
 * it also creates owners without the role, which are recognized by their scopes as long as the product has no more scopes than 0.1.0.
 */
export function isOwner({ role, scopes }: StoredOperator): boolean {
  return includesAll(parseTexts(scopes) ?? [], ownerScopes) && (role === 'owner' || includesAll(ownerScopes, adminScopes))
}

/**
 * The role of an operator after an owner has set its scopes to these. An operator that has every scope is an owner, and an owner keeps the
 * role as long as it loses no scope.
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
