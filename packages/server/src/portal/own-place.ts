// Where a request at the portal belongs: the realm and the organization of the session.
import type { OperatorAccess, PersonAsking } from '../operators/operator-authority.ts'
import type { Realm } from '../realms/realm.ts'

export interface OwnPlace {
  readonly realm: Realm
  readonly organizationId: string
  /** Undefined if a client has signed in. */
  readonly person: PersonAsking | undefined
}

export function ownPlaceOf(realms: ReadonlyMap<string, Realm>, { operator, entitlement }: OperatorAccess): OwnPlace {
  const organizationId = operator.person?.organizationId ?? entitlement.organization.rights.id
  return { realm: realms.get(operator.realm)!, organizationId, person: operator.person }
}
