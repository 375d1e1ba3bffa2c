// A realm behind a fetch that answers from memory, for a remote guard whose own work is measured.
import { createRemoteGuard, type Guard, type RemoteGuardOptions } from '@countersign/guard'
import { audience, entitlementDocument, type TokenIssuer } from './realm.ts'

/** The server of an issuer; reports are taken and dropped. */
export function serverInMemory({ issuer, publicJwk }: TokenIssuer): NonNullable<RemoteGuardOptions['fetch']> {
  const answers: Readonly<Record<string, () => Response>> = {
    '/.well-known/openid-configuration': () => Response.json({ issuer, jwks_uri: `${issuer}/certs`, token_endpoint: `${issuer}/token` }),
    '/certs': () => Response.json({ keys: [publicJwk] }),
    '/token': () => Response.json({ access_token: 'own-token', token_type: 'Bearer', expires_in: 3600 }),
    '/v1/entitlement': () => Response.json(entitlementDocument),
    '/v1/changes': () => Response.json({ asOf: entitlementDocument.asOf, cursor: '1', changes: [], audiences: [audience] }),
    '/v1/decisions': () => new Response(null, { status: 204 }),
  }
  return async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    return answers[pathname.slice(new URL(issuer).pathname.length)]!()
  }
}

/** @param reports whether the guard reports its decisions */
export function remoteGuard(issuer: TokenIssuer, { reports }: { readonly reports: boolean }): Guard {
  return createRemoteGuard({
    issuer: issuer.issuer,
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience,
    credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
    fetch: serverInMemory(issuer),
    reports,
  })
}
