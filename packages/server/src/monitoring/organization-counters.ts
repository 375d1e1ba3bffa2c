// Counts the tokens of organizations by name, of a fixed number of them; all others are "other". An organization keeps its place until the
// process ends, so that a counter never goes back: the largest of the last day get theirs at the start, the rest of the places goes to
// those that come next. Only who has authenticated counts under a name. Operators are no organization that calls an API.
import { operatorsRealmName } from '../realms/operators-realm.ts'

export interface OrganizationCount {
  readonly realm: string
  readonly organization: string
  readonly issued: number
  readonly refused: number
}

export interface CountedOrganization {
  readonly id: string
  readonly slug: string
}

export interface OrganizationCounters {
  count(realm: string, organization: CountedOrganization | undefined, isIssued: boolean): void
  /** Gives places to those that have none, the first of them first. */
  name(realm: string, organization: CountedOrganization): void
  counts(): readonly OrganizationCount[]
}

interface Counter {
  readonly realm: string
  readonly organization: string
  issued: number
  refused: number
}

/** Not a slug, which begins and ends with a letter or digit. */
const other = '_other'

export function createOrganizationCounters(places: number): OrganizationCounters {
  const named = new Map<string, Counter>()
  const others = new Map<string, Counter>()

  function find(realm: string, organization: CountedOrganization | undefined): Counter {
    const known = organization && named.get(organization.id)
    if (known) return known
    if (organization && named.size < places) return give(realm, organization)
    let rest = others.get(realm)
    if (!rest) others.set(realm, (rest = { realm, organization: other, issued: 0, refused: 0 }))
    return rest
  }

  function give(realm: string, { id, slug }: CountedOrganization): Counter {
    const counter = { realm, organization: slug, issued: 0, refused: 0 }
    named.set(id, counter)
    return counter
  }

  return {
    count(realm, organization, isIssued) {
      if (places === 0 || realm === operatorsRealmName) return
      const counter = find(realm, organization)
      if (isIssued) counter.issued++
      else counter.refused++
    },
    name(realm, organization) {
      if (named.size < places && !named.has(organization.id)) give(realm, organization)
    },
    counts: () => [...named.values(), ...others.values()],
  }
}
