// The identity provider of the operators, which is in the configuration. It may have a private address.
import type { Clock } from '../clock.ts'
import type { OidcSettings } from '../configuration/sign-in-settings.ts'
import { createSecretReader } from '../configuration/secret-reader.ts'
import { createIdentityProvider } from '../idp/identity-provider.ts'
import { createLogoutReader } from '../idp/logout-token.ts'
import { boundedFetch } from '../outbound/bounded-fetch.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { RightsOfGroups } from '../sessions/person-standing.ts'
import { partyId, type IdpParties, type IdpParty } from './idp-party.ts'

export interface OperatorsIdpOptions {
  /** Of the console. */
  readonly origin: string
  readonly path: string
  readonly settings: OidcSettings
  readonly rightsOfGroups: RightsOfGroups
  readonly clock: Clock
  /** The id of the organization of the operators, which may have to be made. */
  readonly findOrganization: () => Promise<string>
}

/** @throws ConfigurationError if the secret of its client cannot be read */
export function createOperatorsIdp(options: OperatorsIdpOptions): IdpParties {
  const { origin, path, settings, rightsOfGroups, clock, findOrganization } = options
  const readSecret = createSecretReader('console.signIn.oidc.clientSecret', settings.clientSecret)
  const callbackUrl = `${origin}${path}/api/oidc/callback`
  const idp = createIdentityProvider({ settings, readSecret, callbackUrl, clock, fetch: boundedFetch })
  const party: IdpParty = {
    id: partyId(operatorsRealmName, settings),
    idp,
    readLogout: createLogoutReader(idp, boundedFetch, clock),
    realm: operatorsRealmName,
    organizationId: undefined,
    countSignIn() {}, // Their identity provider is in the configuration.
    admit(identity) {
      const groups = identity.groups.filter((group) => Object.hasOwn(settings.roles, group))
      // An operator invites as such, whatever happens to the person.
      return rightsOfGroups(groups, identity.issuer) && { groups, isAdmin: true }
    },
    findPeople: async () => ({ realm: operatorsRealmName, organizationId: await findOrganization() }),
  }
  return { place: '', find: () => Promise.resolve(party), signInPage: () => `${path}/sign-in` }
}
