// Shares grants: what more than one client has, word by word, becomes a claim set, and a client keeps what it has besides.
import { grantVariables, type Grant, type JsonValue } from '@countersign/protocol'
import type { ClaimSet } from './resolved-realm.ts'
import { additionTo, canonicalGrant, isEmptyGrant } from './token-grant.ts'

/** Puts variables in the place of the client's own id and subject, also inside of a text, so that the grants of clients are the same. */
export function withVariables(grant: Grant, values: Readonly<Record<(typeof grantVariables)[number], string>>): Grant {
  const replace = (_: string, value: JsonValue) =>
    typeof value === 'string' ? grantVariables.reduce((text, name) => putVariable(text, name, values[name]), value) : value
  return { ...grant, claims: JSON.parse(JSON.stringify(grant.claims, replace)) as Grant['claims'] }
}

const wordCharacter = /[\p{L}\p{N}]/u

/** A value that is only a part of a word stays: a client "1" is not meant by "v1". */
function putVariable(text: string, name: string, value: string): string {
  if (!text.includes(value)) return text
  return text.split(value).reduce((before, after) => {
    const isPartOfWord = wordCharacter.test(before.slice(-1)) || wordCharacter.test(after.slice(0, 1))
    return before + (isPartOfWord ? value : `\${${name}}`) + after
  })
}

export interface SharedGrant {
  readonly claimSet: string | null
  readonly grant: Grant | null
}

/** Sets of claims, the one of most clients first. */
export function shareGrants(grants: readonly Grant[]) {
  const groups = Map.groupBy(
    grants.filter((grant) => !isEmptyGrant(grant)),
    canonicalGrant,
  )
  // Only the grant of a client itself can name another client.
  const shared = [...groups.values()]
    .filter(([grant, ...others]) => others.length > 0 && !('azp' in grant!.claims))
    .toSorted((a, b) => b.length - a.length)
  const sets = shared.map(([grant], index): ClaimSet => ({ name: `shared-${index + 1}`, grant: grant! }))
  const nameByGrant = new Map(sets.map(({ name, grant }) => [canonicalGrant(grant), name]))

  /** A grant as a set and what differs from it: of all sets the one that leaves least. */
  function share(grant: Grant): SharedGrant {
    if (isEmptyGrant(grant)) return { claimSet: null, grant: null }
    const same = nameByGrant.get(canonicalGrant(grant))
    if (same !== undefined) return { claimSet: same, grant: null }
    const parts = sets.flatMap((set) => {
      const rest = additionTo(set.grant, grant)
      return rest ? [{ claimSet: set.name, grant: rest, length: canonicalGrant(rest).length }] : []
    })
    const [best] = parts.toSorted((a, b) => a.length - b.length)
    return best ? { claimSet: best.claimSet, grant: best.grant } : { claimSet: null, grant }
  }
  return { sets, share }
}
