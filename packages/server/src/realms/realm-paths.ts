// The paths of a realm's endpoints.
import type { Realm } from './realm.ts'

/** Paths of a realm's endpoints, which depend on the family of its token profile. Relative to the root of the server. */
export interface RealmPaths {
  readonly keys: string
  readonly introspection: string
  readonly revocation: string
  readonly openidConfiguration: string
  readonly serverMetadata: string
}

export function realmPaths({ issuerPath, tokenProfile }: Realm): RealmPaths {
  const metadata = {
    openidConfiguration: `${issuerPath}/.well-known/openid-configuration`,
    // RFC 8414 §3.1 inserts the well-known part between the host and the path of the issuer.
    serverMetadata: `/.well-known/oauth-authorization-server${issuerPath}`,
  }
  const connect = `${issuerPath}/protocol/openid-connect`
  const oauth2 = `${issuerPath}/oauth2`
  switch (tokenProfile) {
    case 'keycloak':
      return { ...metadata, keys: `${connect}/certs`, introspection: `${connect}/token/introspect`, revocation: `${connect}/revoke` }
    case 'cognito':
    case 'rfc9068':
      return {
        ...metadata,
        keys: `${issuerPath}/.well-known/jwks.json`,
        introspection: `${oauth2}/introspect`,
        revocation: `${oauth2}/revoke`,
      }
  }
}
