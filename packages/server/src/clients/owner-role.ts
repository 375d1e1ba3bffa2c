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
  /** JSON, as it is stored. */
  readonly operator_realms: string | null
}

/**
 * Whether the row of an operator has the owner role. A node of 0.1.0 removes scopes and leaves the role, so the role alone is not enough;
 * it also creates owners without the role, which are recognized by their scopes as long as the product has no more scopes than 0.1.0.
 */
export function isOwner({ role, scopes, operator_realms: limits }: StoredOperator): boolean {
  if (limits !== null) return false // An owner is never limited, whatever a node of 0.1.0 writes into its row.
  return includesAll(parseTexts(scopes) ?? [], ownerScopes) && (role === 'owner' || includesAll(ownerScopes, adminScopes))
}

/** What an owner sets of an operator; a member that is absent stays as it is. */
interface OperatorSettings {
  readonly scopes?: readonly string[] | undefined
  readonly operatorRealms?: readonly string[] | null | undefined
}

/**
 * The role of an operator after an owner has set its scopes and its limits to these; undefined if it stays. An operator that has every scope
 * and no limit is an owner, and an owner keeps the role as long as it loses no scope and gets no limit.
 */
export function roleFor({ name }: Realm, settings: OperatorSettings, before?: StoredOperator): 'owner' | null | undefined {
  if (name !== operatorsRealmName) return before ? undefined : null
  if (before && settings.scopes === undefined && settings.operatorRealms === undefined) return undefined
  const had = parseTexts(before?.scopes ?? '[]') ?? []
  const { scopes = had, operatorRealms = before?.operator_realms ?? null } = settings
  if (operatorRealms !== null) return null
  if (includesAll(scopes, adminScopes)) return 'owner'
  if (!before || !isOwner(before)) return null
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
