// Who has an identity provider (IdP) at a mount of pages: the operators at the console, each organization that has one at the portal. The
// sign-in is the same; this says what differs.
import { hash } from 'node:crypto'
import type { IdentityProvider, IdpSettings } from '../idp/identity-provider.ts'
import type { ReadLogout } from '../idp/logout-token.ts'
import type { Identity } from '../idp/read-identity.ts'
import type { PeopleOf } from '../people/people-of-idp.ts'

export interface IdpParty {
  /** Names it in a flow. */
  readonly id: string
  readonly idp: IdentityProvider
  readonly readLogout: ReadLogout
  readonly realm: string
  /** Undefined for the operators, who are of one organization. */
  readonly organizationId: string | undefined
  /**
   * Counts a person who has just proven at the identity provider who it is, and has a role.
   * @param isConfirmation by the person whose session goes on
   * @throws SignInRefusal `too-many-attempts`
   */
  countSignIn(identity: Pick<Identity, 'subject'>, isConfirmation: boolean): void
  /** By the roles of now; undefined for a person without one. */
  admit(identity: Identity): Admission | undefined
  findPeople(): Promise<PeopleOf>
}

export interface Admission {
  /** Those that have a role. */
  readonly groups: readonly string[]
  /** Whether the person may invite others. */
  readonly isAdmin: boolean
}

/** The parameters of a route. */
export type PlaceOfParty = Readonly<Record<string, unknown>>

interface FindParty {
  /** For a sign-out: a session must not come back with its organization. */
  readonly isSuspendedToo?: boolean
}

export interface IdpParties {
  /** What the paths of the routes end with: the parameters that say which party is meant. */
  readonly place: '' | '/:realm/:organization'
  /**
   * Of an active organization, unless suspended ones are asked for.
   * @throws SignInRefusal `no-idp`, also for a party that does not exist
   */
  find(place: PlaceOfParty, options?: FindParty): Promise<IdpParty>
  /** Where a sign-in that failed ends. */
  signInPage(place: PlaceOfParty): string
}

/** Of one client at one issuer: what began before another was set is not finished at it. */
export function partyId(organization: string, { issuer, clientId }: Pick<IdpSettings, 'issuer' | 'clientId'>): string {
  return hash('sha256', JSON.stringify([organization, issuer, clientId]))
}
