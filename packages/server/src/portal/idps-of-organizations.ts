// The identity providers (IdPs) of organizations, at which their people sign in to the portal. An organization chooses its IdP, so only public
// addresses are connected to; what was read of an IdP is kept for some hundred organizations and never for all.
import type { Kysely } from 'kysely'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Clock } from '../clock.ts'
import { findIdpOf, openSecret, scopesOf, type IdpRow } from '../idp/idp-of-organization.ts'
import { createIdentityProvider } from '../idp/identity-provider.ts'
import { createLogoutReader } from '../idp/logout-token.ts'
import { parseRoleRules, roleOfGroups, type RoleRules } from '../idp/role-of-groups.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { BoundedFetch } from '../outbound/bounded-fetch.ts'
import { idpUrlsOf } from '../people/idp-urls.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Schema } from '../store/schema.ts'
import { createBucket } from '../throttle/bucket.ts'
import { partyId, type IdpParties, type IdpParty, type PlaceOfParty } from '../web/idp-party.ts'
import { createSignInCount } from './sign-ins-of-organization.ts'

export interface IdpsOptions {
  readonly db: Kysely<Schema>
  readonly realms: ReadonlyMap<string, unknown>
  /** The key-encryption key, which the secrets are under. */
  readonly ring: KeyRing
  readonly fetch: BoundedFetch
  /** Of the portal. */
  readonly origin: string
  readonly clock: Clock
}

type Known = Pick<IdpParty, 'idp' | 'readLogout'> & { readonly made: string }

const maxKnown = 300
/** Of one IdP at once: a slow one must not take the places of the others. */
const maxFinishing = 10
/** Requests for discovery documents, to all IdPs together; those that are known need none for an hour. A second, and at once. */
const discoveries = { perSecond: 5, atOnce: 50 }

export function createIdpsOfOrganizations({ db, realms, ring, fetch, origin, clock }: IdpsOptions): IdpParties {
  const known = new BoundedMap<Known>(maxKnown)
  const countSignIn = createSignInCount()
  const bucket = createBucket(discoveries.perSecond, discoveries.atOnce)

  function beforeDiscovery(): void {
    if (!bucket.take(clock())) throw new SignInRefusal('idp-away', 'idp-busy')
  }

  function idpOf(row: IdpRow, callbackUrl: string): Known {
    const made = JSON.stringify(row)
    const before = known.get(row.organization_id)
    if (before?.made === made) return before
    const idp = createIdentityProvider({
      settings: { issuer: row.issuer, clientId: row.oidc_client_id, claim: row.claim, scopes: scopesOf(row) },
      readSecret: () => openSecret(ring, row),
      callbackUrl,
      clock,
      fetch,
      beforeDiscovery,
      maxFinishing,
    })
    const found = { idp, readLogout: createLogoutReader(idp, fetch, clock), made }
    known.set(row.organization_id, found)
    return found
  }

  return {
    place: '/:realm/:organization',
    async find(place, { isSuspendedToo = false } = {}) {
      const names = readPlace(place)
      const isOpen = names && names.realm !== operatorsRealmName && realms.has(names.realm)
      const found = isOpen ? await findIdpOf(db, names.realm, names.organization, isSuspendedToo) : undefined
      if (!names || !found) throw new SignInRefusal('no-idp')
      const { idp: row, slug } = found
      const { realm } = names
      const { organization_id: organizationId } = row
      const rules = parseRoleRules(row.group_roles, row.everyone_role)
      return {
        ...idpOf(row, idpUrlsOf(origin, realm, slug).callbackUrl),
        id: partyId(organizationId, { issuer: row.issuer, clientId: row.oidc_client_id }),
        realm,
        organizationId,
        countSignIn({ subject }, isConfirmation) {
          const isCounted = countSignIn({ organization: organizationId, subject, isConfirmation }, clock())
          if (!isCounted) throw new SignInRefusal('too-many-attempts', 'too-many-sign-ins')
        },
        admit: ({ groups }) => admit(rules, groups),
        findPeople: () => Promise.resolve({ realm, organizationId }),
      }
    },
    signInPage(place) {
      const names = readPlace(place)
      return names ? `/portal/sign-in/${names.realm}/${names.organization}` : '/portal/sign-in'
    },
  }
}

function admit(rules: RoleRules, groups: readonly string[]): ReturnType<IdpParty['admit']> {
  const role = roleOfGroups(rules, groups)
  return role === null ? undefined : { groups: groups.filter((group) => Object.hasOwn(rules.groups, group)), isAdmin: role === 'admin' }
}

const name = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Undefined if it is none of any organization. */
function readPlace({ realm, organization }: PlaceOfParty): { readonly realm: string; readonly organization: string } | undefined {
  const isPlace = typeof realm === 'string' && typeof organization === 'string' && name.test(realm) && name.test(organization)
  return isPlace ? { realm, organization } : undefined
}
