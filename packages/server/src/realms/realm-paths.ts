// The paths of a realm's endpoints.
import type { RealmAddress } from './realm-addresses.ts'
import type { Realm } from './realm.ts'

/** Paths of a realm's endpoints, which depend on the family of its token profile. Relative to the root of the server. */
export interface RealmPaths {
  readonly keys: string
  readonly introspection: string
  readonly revocation: string
  /** A page that says that there is no login. */
  readonly authorization: string
  readonly openidConfiguration: string
  /** Of the decision endpoint (AuthZEN §9.2), inserted as RFC 8414 §3.1 does, and appended. */
  readonly evaluationMetadata: readonly string[]
  /** Where else the same metadata is, each path once. */
  readonly metadataCopies: readonly string[]
}

/** @param issuerPath the path of the issuer, or of an alias */
export function realmPaths({ issuerPath, tokenProfile }: Pick<Realm, 'issuerPath' | 'tokenProfile'>): RealmPaths {
  const openidConfiguration = `${issuerPath}/.well-known/openid-configuration`
  // RFC 8414 §3.1 inserts the well-known part between the host and the path of the issuer, OpenID Connect Discovery §4 appends it.
  // Libraries look for either name at either place.
  const places = ['openid-configuration', 'oauth-authorization-server'].flatMap((name) => [
    `/.well-known/${name}${issuerPath}`,
    `${issuerPath}/.well-known/${name}`,
  ])
  const evaluation = '.well-known/authzen-configuration'
  const evaluationMetadata = [...new Set([`/${evaluation}${issuerPath}`, `${issuerPath}/${evaluation}`])]
  const metadata = {
    openidConfiguration,
    evaluationMetadata,
    metadataCopies: [...new Set(places)].filter((path) => path !== openidConfiguration),
  }
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
export interface RealmPlaces {
  /** The one of its issuer first. */
  readonly places: readonly RealmPlace[]
  /** Whether each of its paths is also served with a slash at its end. */
  readonly ignoresTrailingSlash: boolean
}

/** The paths at one address of a realm. */
export interface RealmPlace {
  /** The path of the address, '' for a realm at the root. All paths below it are the realm's too. */
  readonly prefix: string
  /** Paths that are its own wherever they are. */
  readonly paths: readonly string[]
  /** Those of them that are OAuth endpoints. */
  readonly oauthPaths: readonly string[]
}

/** The paths that are known before a request to the realm. */
export function placesOf({
  addresses,
  tokenProfile,
  compatibility,
}: Pick<Realm, 'addresses' | 'tokenProfile' | 'compatibility'>): RealmPlaces {
  return { places: addresses.map((address) => placeOf(address, tokenProfile)), ignoresTrailingSlash: compatibility.trailingSlash }
}

function placeOf({ path, tokenPath }: Pick<RealmAddress, 'path' | 'tokenPath'>, tokenProfile: Realm['tokenProfile']): RealmPlace {
  const { introspection, revocation } = realmPaths({ issuerPath: path, tokenProfile })
  return { prefix: path, paths: [tokenPath, ...publishedPaths(path, tokenProfile)], oauthPaths: [tokenPath, introspection, revocation] }
}

/** What a realm has at one address besides the address itself and its token endpoint. */
export function publishedPaths(base: string, tokenProfile: Realm['tokenProfile']): string[] {
  return [...Object.values(realmPaths({ issuerPath: base, tokenProfile })).flat(), ...apiPaths(base)]
}

/** Paths of its API (me/realm-api.ts). `/v1/me` at the root of the server is for all realms. */
function apiPaths(base: string): string[] {
  const me = base === '' ? [] : ['me', 'me/partners', 'me/refusals', 'me/usage', 'me/secret-rotation', 'me/secret-rotation/confirm']
  const ofGuards = [...me, 'entitlement', 'changes', 'decisions'].map((path) => `${base}/v1/${path}`)
  return [...ofGuards, `${base}/access/v1/evaluation`, `${base}/access/v1/evaluations`]
}
