// What a realm publishes about itself: its keys (RFC 7517 §5), its OpenID discovery document and its authorization server
// metadata (RFC 8414 §3). Made once at the start from the configuration; no header of a request ever gets into them.
import type { FastifyInstance } from 'fastify'
import type { Realm } from '../realms/realm.ts'
import type { RealmPaths } from '../realms/realm-paths.ts'
import type { RealmKeys } from '../keys/signing-keys.ts'
import { ProblemError } from '../errors.ts'

/** How long a verifier may keep keys without asking again. Seconds; keys are published well before they are used. */
const keysFreshFor = 300

/** @param keys undefined where the key of the realm cannot be opened: guards then keep the keys that they have */
export function mountDiscovery(
  app: FastifyInstance,
  realm: Realm,
  paths: RealmPaths,
  keys: RealmKeys | undefined,
  publicUrl: string,
): void {
  const metadata = JSON.stringify(describeRealm(realm, paths, publicUrl))
  const route = { config: { endpoint: { kind: 'discovery' as const, realm: realm.name } } }
  const serve = (url: string, json: string) =>
    app.get(url, route, (_request, reply) =>
      reply.header('content-type', 'application/json').header('cache-control', `public, max-age=${keysFreshFor}`).send(json),
    )
  if (keys) serve(paths.keys, JSON.stringify({ keys: keys.published }))
  else
    app.get(paths.keys, route, () => {
      throw new ProblemError('temporarily-unavailable')
    })
  serve(paths.openidConfiguration, metadata)
  serve(paths.serverMetadata, metadata)
}

function describeRealm(realm: Realm, paths: RealmPaths, publicUrl: string): Record<string, unknown> {
  const methods = ['client_secret_basic', 'client_secret_post']
  return {
    issuer: realm.issuer,
    token_endpoint: realm.tokenUrl,
    jwks_uri: publicUrl + paths.keys,
    introspection_endpoint: publicUrl + paths.introspection,
    revocation_endpoint: publicUrl + paths.revocation,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    ...(realm.scopes.length > 0 && { scopes_supported: realm.scopes }), // RFC 8414 §3.2: no empty members.
    // Required by OpenID Connect Discovery §3, although no user ever logs in here.
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [realm.signingAlgorithm],
    access_token_signing_alg_values_supported: [realm.signingAlgorithm],
    service_documentation: `${publicUrl}/problems`,
  }
}
