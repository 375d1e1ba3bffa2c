// The paths of a realm's endpoints.
import type { Realm } from './realm.ts'

/** Paths of a realm's endpoints, which depend on the family of its token profile. Relative to the root of the server. */
export interface RealmPaths {
  readonly keys: string
  readonly introspection: string
  readonly revocation: string
  /** A page that says that there is no login. */
  readonly authorization: string
  readonly openidConfiguration: string
  /** Where else the same metadata is, each path once. */
  readonly metadataCopies: readonly string[]
}

export function realmPaths({ issuerPath, tokenProfile }: Pick<Realm, 'issuerPath' | 'tokenProfile'>): RealmPaths {
  const openidConfiguration = `${issuerPath}/.well-known/openid-configuration`
  // RFC 8414 §3.1 inserts the well-known part between the host and the path of the issuer, OpenID Connect Discovery §4 appends it.
  // Libraries look for either name at either place.
  const places = ['openid-configuration', 'oauth-authorization-server'].flatMap((name) => [
    `/.well-known/${name}${issuerPath}`,
    `${issuerPath}/.well-known/${name}`,
  ])
  const metadata = { openidConfiguration, metadataCopies: [...new Set(places)].filter((path) => path !== openidConfiguration) }
  const connect = `${issuerPath}/protocol/openid-connect`
  const oauth2 = `${issuerPath}/oauth2`
  switch (tokenProfile) {
    case 'keycloak':
      return {
        ...metadata,
        keys: `${connect}/certs`,
        introspection: `${connect}/token/introspect`,
        revocation: `${connect}/revoke`,
        authorization: `${connect}/auth`,
      }
    case 'cognito':
    case 'rfc9068':
      return {
        ...metadata,
        keys: `${issuerPath}/.well-known/jwks.json`,
        introspection: `${oauth2}/introspect`,
        revocation: `${oauth2}/revoke`,
        authorization: `${oauth2}/authorize`,
      }
  }
}

/** Where the paths of a realm are. */
export interface RealmPlace {
  /** The path of its issuer, '' for a realm at the root. All paths below it are the realm's too. */
  readonly prefix: string
  /** Paths that are its own wherever they are. */
  readonly paths: readonly string[]
  /** Those of them that are OAuth endpoints. */
  readonly oauthPaths: readonly string[]
}

/** The paths that are known before a request to the realm. */
export function placeOf(realm: Pick<Realm, 'issuerPath' | 'tokenPath' | 'tokenProfile'>): RealmPlace {
  const { issuerPath, tokenPath } = realm
  const { introspection, revocation } = realmPaths(realm)
  return { prefix: issuerPath, paths: [tokenPath, ...publishedPaths(realm)], oauthPaths: [tokenPath, introspection, revocation] }
}

/** What a realm has besides its issuer and its token endpoint. */
export function publishedPaths(realm: Pick<Realm, 'issuerPath' | 'tokenProfile'>): string[] {
  return [...Object.values(realmPaths(realm)).flat(), ...apiPaths(realm.issuerPath)]
}

/** Paths of its API (me/realm-api.ts). `/v1/me` at the root of the server is for all realms. */
function apiPaths(issuerPath: string): string[] {
  const me = issuerPath === '' ? [] : ['me', 'me/partners', 'me/secret-rotation', 'me/secret-rotation/confirm']
  return [...me, 'entitlement', 'changes'].map((path) => `${issuerPath}/v1/${path}`)
}
