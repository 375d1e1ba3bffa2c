// What a realm publishes about itself: its keys (RFC 7517 §5), and its metadata, one document that is its OpenID discovery document and
// its authorization server metadata (RFC 8414 §3) at once. At an alias the endpoints are those of the alias.
// The metadata is built once at the start, the JWK Set again when the keys change; no request header gets into either.
import type { FastifyInstance } from 'fastify'
import { clientAuthenticationMethods } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { openidIn, openidScope } from '../realms/openid-scope.ts'
import type { RealmAddress } from '../realms/realm-addresses.ts'
import { realmPaths, type RealmPaths } from '../realms/realm-paths.ts'
import type { PublicJwk } from '../keys/public-jwk.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import { ProblemError } from '../errors.ts'
import { mountAuthorizationPage } from './authorization-page.ts'
import { describeClientAuthentication } from './describe-client-authentication.ts'

/** How long a verifier may cache keys and metadata. */
const keysFreshForSeconds = 300

export function mountDiscovery(app: FastifyInstance, realm: Realm, keys: RealmKeys, publicUrl: string): void {
  const jwksOf = createJwksWriter()
  const serve = (url: string, json: () => string | Promise<string>) =>
    app.get(url, { config: { endpoint: { kind: 'discovery', realm: realm.name } } }, async (_request, reply) => {
      const body = await json()
      return reply.header('content-type', 'application/json').header('cache-control', `public, max-age=${keysFreshForSeconds}`).send(body)
    })
  const readJwks = async () => {
    await openKeys(keys)
    const published = keys.published()
    if (!published) throw new ProblemError('temporarily-unavailable') // Guards keep using their cached keys.
    return jwksOf(published)
  }
  for (const address of realm.addresses) {
    const paths = realmPaths({ issuerPath: address.path, tokenProfile: realm.tokenProfile })
    const metadata = JSON.stringify(describeRealm(realm, address, keys, paths, publicUrl))
    for (const path of [paths.openidConfiguration, ...paths.metadataCopies]) serve(path, () => metadata)
    serve(paths.keys, readJwks)
    mountAuthorizationPage(app, realm, address, paths.authorization, publicUrl)
  }
}

/** While a further algorithm has no key, because the store cannot take one, the other keys are published. */
async function openKeys(keys: RealmKeys): Promise<void> {
  await keys.open().catch((error: unknown) => {
    if (!keys.published()) throw error
  })
}

/** A JWK Set (RFC 7517 §5), serialized once per state of the keys. */
function createJwksWriter(): (published: readonly PublicJwk[]) => string {
  let last: { readonly published: readonly PublicJwk[]; readonly json: string } | undefined
  return (published) => {
    if (last?.published !== published) last = { published, json: JSON.stringify({ keys: published }) }
    return last.json
  }
}

/** At an alias the endpoints are those of the alias; the issuer is always that of the tokens, which verifiers compare with it. */
function describeRealm(
  realm: Realm,
  { tokenUrl }: RealmAddress,
  keys: RealmKeys,
  paths: RealmPaths,
  publicUrl: string,
): Record<string, unknown> {
  // After a change of the algorithms, tokens of the keys before are valid for a while, and until its key may sign, a new one waits.
  const configured = realm.signingAlgorithm ? [realm.signingAlgorithm] : []
  const algorithms = [...new Set([...keys.algorithms(), ...configured, ...(keys.published() ?? []).map(({ alg }) => alg)])]
  const scopes = openidIn(realm) !== 'unknown' ? [...new Set([openidScope, ...realm.scopes])] : realm.scopes
  return {
    issuer: realm.issuer,
    authorization_endpoint: realm.origin + paths.authorization, // Required by OpenID Connect Discovery §3.
    token_endpoint: tokenUrl,
    jwks_uri: realm.origin + paths.keys,
    introspection_endpoint: realm.origin + paths.introspection,
    revocation_endpoint: realm.origin + paths.revocation,
    grant_types_supported: ['client_credentials'],
    ...describeClientAuthentication(clientAuthenticationMethods, realm),
    ...(scopes.length > 0 && { scopes_supported: scopes }), // RFC 8414 §3.2: members without a value are left out.
    // These three are required and must not be empty (RFC 8414 §3.2, OpenID Connect Discovery §3), although there is no login. The response
    // type "none" returns nothing; RS256 must be among the algorithms of an id_token (decisions/059).
    response_types_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set([...algorithms, 'RS256'])],

    access_token_signing_alg_values_supported: algorithms,
    service_documentation: `${publicUrl}/problems`,
  }
}
