// Where a realm answers, by the product that its token profile comes from.
import type { Realm } from './realm.ts'

/** Where a realm's endpoints are, by the family that its token profile belongs to. Paths below the server's root. */
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
