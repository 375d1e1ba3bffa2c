// What a person may do, in the transaction of a change: by the session, the person and the organization as they are in it. A person who was
// removed, or whose role or groups were reduced, while the request ran changes nothing.
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Authority, OperatorAccess } from '../operators/operator-authority.ts'
import type { Realm } from '../realms/realm.ts'
import { mayPersonGoOn, operatorOf, type RightsOfPerson } from './person-standing.ts'
import type { SessionAccess } from './session-standing.ts'
import { readSession } from './sessions.ts'
import type { PersonOfSession } from './who.ts'

export interface PersonAuthority extends Authority {
  readonly person: PersonOfSession
}

/** @throws ProblemError `signed-out` */
export async function readPersonAuthority(
  { db }: Pick<Change, 'db'>,
  access: OperatorAccess,
  { realms, rightsOf }: { readonly realms: ReadonlyMap<string, Realm>; readonly rightsOf: RightsOfPerson },
): Promise<PersonAuthority> {
  const { session } = access as SessionAccess
  const now = await readSession(db, session.id)
  const person = now?.who
  if (person?.kind !== 'person' || person.person !== access.operator.id) throw new ProblemError('signed-out')
  const realm = realms.get(person.realm)
  const rights = realm && mayPersonGoOn(person, realm, now!.signedInAt) ? rightsOf(person) : undefined
  if (!rights) throw new ProblemError('signed-out')
  const operator = operatorOf(person, rights, realms)
  return { operator, scopes: rights.scopes, realms: operator.realms, isOwner: rights.owner, person }
}
