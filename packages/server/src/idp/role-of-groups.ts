// The role that a person has at the portal by the groups that the identity provider of its organization named at the last sign-in, and the
// roles that it gives them now. Pure.
import { portalRoles, type PortalRole } from '@countersign/admin'
import { parseChoices, parseTexts } from '../store/damage.ts'

export interface RoleRules {
  /** Values that are no role give nothing. */
  readonly groups: Readonly<Record<string, PortalRole | string | boolean>>
  /** Of every person of the identity provider. */
  readonly everyone: PortalRole | null
}

/** The one with the most rights; null without any. */
export function roleOfGroups({ groups: roles, everyone }: RoleRules, groups: readonly string[]): PortalRole | null {
  const given = new Set(groups.filter((group) => Object.hasOwn(roles, group)).map((group) => roles[group]))
  return portalRoles.findLast((role) => role === everyone || given.has(role)) ?? null
}

/** A damaged list gives nothing. */
export function parseRoleRules(groupRoles: string | null, everyone: PortalRole | null): RoleRules {
  return { groups: parseChoices(groupRoles ?? '{}') ?? {}, everyone }
}

/** A person with what the store has of the identity provider of its organization. */
export interface RowWithRole {
  readonly role: PortalRole | null
  /** Null for a person with a passkey, whose role is its own. */
  readonly issuer: string | null
  readonly groups: string | null
  /** Null for an organization without an identity provider. */
  readonly idp_issuer: string | null
  readonly idp_roles: string | null
  readonly idp_everyone: PortalRole | null
}

export function roleOfPerson({ role, issuer, groups, idp_issuer, idp_roles, idp_everyone }: RowWithRole): PortalRole | null {
  if (issuer === null) return role
  // What another identity provider said counts for nothing.
  if (issuer !== idp_issuer) return null
  return roleOfGroups(parseRoleRules(idp_roles, idp_everyone), groups === null ? [] : (parseTexts(groups) ?? []))
}

/** For a statement with the row of the identity provider. */
export const ofRoles = [
  'identity_providers.issuer as idp_issuer',
  'identity_providers.group_roles as idp_roles',
  'identity_providers.everyone_role as idp_everyone',
] as const
