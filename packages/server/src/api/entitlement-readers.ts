import type { Requirement } from '@countersign/guard'

/** Of the guards of a realm's APIs, which may read what decides about the tokens of any client. */
export const mayReadEntitlements: Requirement = { scope: 'entitlements:read', dpa: 'any' }
