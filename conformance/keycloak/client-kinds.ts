// Which clients of an export are machine clients that can be answered here, and why the others stay behind.
import { signingAlgorithms } from '@countersign/protocol'
import type { ExportedClient, RealmExport } from './realm-export.ts'
import type { LeftBehind, LeftBehindKind } from './resolved-realm.ts'

/** The longest lifetime of an access token here, in seconds. */
const longestLifetime = 86_400

type Refusal = Pick<LeftBehind, 'kind' | 'reason'>

const refusals: readonly (readonly [applies: (client: ExportedClient) => boolean, kind: LeftBehindKind, reason: string])[] = [
  [({ protocol = 'openid-connect' }) => protocol !== 'openid-connect', 'no-machine-client', 'it does not speak OpenID Connect'],
  [({ publicClient }) => publicClient === true, 'no-machine-client', 'it is a public client'],
  [({ bearerOnly }) => bearerOnly === true, 'no-machine-client', 'it only receives tokens'],
  [({ serviceAccountsEnabled }) => serviceAccountsEnabled !== true, 'no-machine-client', 'it has no service account'],
  [
    ({ clientAuthenticatorType: method = 'client-secret' }) => !methods.has(method),
    'method',
    'its authentication method is not taken over',
  ],
  [hasAttribute('client.use.lightweight.access.token.enabled'), 'lightweight', 'only introspection gives all that its tokens stand for'],
  [hasAttribute('client_credentials.use_refresh_token'), 'refresh-token', 'it gets refresh tokens (RFC 6749 §4.4.3)'],
  [hasAttribute('tls.client.certificate.bound.access.tokens'), 'bound-token', 'its tokens are bound to a certificate (RFC 8705)'],
  [hasAttribute('dpop.bound.access.tokens'), 'bound-token', 'its tokens are bound to a key (RFC 9449)'],
  [({ clientId }) => !/^[^\p{C}]{1,255}$/u.test(clientId), 'not-reproducible', 'its id is not a printable text of at most 255 characters'],
]

const methods = new Set(['client-secret', 'client-jwt'])

function hasAttribute(name: string): (client: ExportedClient) => boolean {
  return ({ attributes }) => attributes?.[name] === 'true'
}

/** Why a client stays behind whatever its tokens say; `undefined` for a machine client. */
export function refusalOf(client: ExportedClient, realm: RealmExport): Refusal | undefined {
  const refused = refusals.find(([applies]) => applies(client))
  if (refused) return { kind: refused[1], reason: refused[2] }
  const algorithm = algorithmOf(client, realm)
  if (!(algorithm in signingAlgorithms)) return { kind: 'not-reproducible', reason: `its signing algorithm is ${algorithm}` }
  return lifetimeOf(client, realm) > longestLifetime
    ? { kind: 'not-reproducible', reason: 'its tokens are valid for more than a day' }
    : undefined
}

export function algorithmOf({ attributes }: Pick<ExportedClient, 'attributes'>, realm: RealmExport): string {
  return attributes?.['access.token.signed.response.alg'] || realm.defaultSignatureAlgorithm || 'RS256'
}

/** The lifetime of an access token: the client's or the realm's, cut by those of the sessions; -1 is without a limit of its own. */
export function lifetimeOf({ attributes }: Pick<ExportedClient, 'attributes'>, realm: RealmExport): number {
  const own = Number(attributes?.['access.token.lifespan'] || realm.accessTokenLifespan)
  const session = Number(attributes?.['client.session.max.lifespan'] || realm.clientSessionMaxLifespan || 0)
  return Math.min(...[own, session, realm.ssoSessionMaxLifespan].filter((seconds) => seconds > 0))
}
