// Reads the grants of a client from its row. Thousands of clients have the same few, so equal ones are one object: the claims of their tokens
// are merged once for all of them.
import type { Selectable } from 'kysely'
import type { Grant } from '@countersign/protocol'
import type { Schema } from '../store/schema.ts'
import type { ClientGrants, ScopeGrant } from './records.ts'

type GrantColumns = Pick<Selectable<Schema['clients']>, 'claim_set' | 'own_grant' | 'scope_grants'>

const shared = new Map<string, ClientGrants>()
const maxShared = 1000

/** Null if the client has none; undefined if the row is damaged. */
export function parseGrants(row: GrantColumns): ClientGrants | null | undefined {
  const { claim_set: claimSet, own_grant: own, scope_grants: ofScopes } = row
  if (claimSet === null && own === null && ofScopes === null) return null
  const key = JSON.stringify([claimSet, own, ofScopes])
  const known = shared.get(key)
  if (known) return known
  try {
    const grants = {
      claimSet,
      own: own === null ? null : parseGrant(own),
      ofScopes: new Map(ofScopes === null ? [] : Object.entries(JSON.parse(ofScopes) as Record<string, ScopeGrant>)),
    }
    if (shared.size >= maxShared) shared.clear()
    shared.set(key, grants)
    return grants
  } catch {
    return undefined
  }
}

/** @throws SyntaxError for a text that is no grant */
export function parseGrant(json: string): Grant {
  const { audiences, roles, claims } = JSON.parse(json) as Partial<Grant>
  const isGrant = Array.isArray(audiences) && Array.isArray(roles?.realm) && isRecord(roles?.clients) && isRecord(claims)
  if (!isGrant) throw new SyntaxError('The text is no grant')
  return { audiences, roles, claims } as Grant
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
