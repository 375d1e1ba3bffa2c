// The scopes of operators, as forms offer them.
import type { AdminScope } from '@countersign/admin'

const all: Readonly<Record<AdminScope, true>> = {
  'organizations:read': true,
  'organizations:write': true,
  'clients:read': true,
  'clients:write': true,
  'secrets:write': true,
  'audit:read': true,
  'keys:read': true,
  'keys:write': true,
}

/** A scope that is added to the API does not compile until it stands here. */
export const adminScopes = Object.keys(all) as AdminScope[]
