// An authorization server behind a fetch: it answers from memory, counts requests, and fails on demand.
import assert from 'node:assert/strict'
import type { AsOf, ClientRights, EntitlementChange, OrganizationRights } from '@countersign/protocol'
import type { Fetch } from './fetch-json.ts'
import {
  aClock,
  aSigningKey,
  anEntitlementDocument,
  audience,
  issuer,
  keycloakClaims,
  signToken,
  type SigningKey,
} from './guard.fixture.ts'
import { createRemoteGuard, type RemoteGuardOptions } from './remote-guard.ts'

export const discoveryUrl = `${issuer}/.well-known/openid-configuration`
export const jwksUrl = `${issuer}/protocol/openid-connect/certs`
export const tokenUrl = `${issuer}/protocol/openid-connect/token`
export const entitlementUrl = `${issuer}/v1/entitlement`
export const changesUrl = `${issuer}/v1/changes`

type Answer = (request: Request) => Response | Promise<Response>

export interface RemoteServer {
  readonly realm: RemoteRealm
  readonly fetch: Fetch
  /** Replaces the response of a URL, with any query. */
  answer(url: string, answer: Answer): void
  /** With any query. */
  calls(url: string): number
  /** The requests to a URL, oldest first. */
  readonly requests: readonly Request[]
}

export function json(body: unknown, init: ResponseInit = {}): Response {
  return Response.json(body, init)
}

/** A response that is held back until the test releases it. */
export function aGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** What the server knows, and what changed. */
export interface RemoteRealm {
  asOf: AsOf
  /** The rights of the organization; a test that changes them also logs the change. */
  organization: Partial<OrganizationRights>
  /** All partners, whether or not they are in the document. */
  partnerIds: string[]
  /** Those of its tokens; a server of version 0.1.0 does not tell. */
  audiences: string[] | null | undefined
  /** The rights of a client; `undefined` if there is none. */
  client: (clientId: string) => Partial<ClientRights> | undefined
  change(what: EntitlementChange['what'], organizationId: string | null, clientId?: string | null): void
  /** Names a key; the key set is not changed by it. */
  compromise(keyId: string): void
  readonly answerEntitlement: Answer
  readonly answerChanges: Answer
}

function aRemoteRealm(): RemoteRealm {
  const log: EntitlementChange[] = []
  const realm: RemoteRealm = {
    asOf: { revision: 1, state: 'state-1', ageSeconds: 0 },
    organization: {},
    partnerIds: [],
    audiences: [audience],
    client: () => ({}),
    change(what, ofOrganization, clientId = null) {
      log.push({ what, organizationId: ofOrganization, clientId })
      realm.asOf = { ...realm.asOf, revision: realm.asOf.revision + 1 }
    },
    compromise(keyId) {
      log.push({ what: 'keys', organizationId: null, clientId: null, keyId })
      realm.asOf = { ...realm.asOf, revision: realm.asOf.revision + 1 }
    },
    answerEntitlement({ url }) {
      const { client_id: clientId = '', partner, requestor } = Object.fromEntries(new URL(url).searchParams)
      const client = realm.client(clientId)
      if (!client) return new Response(null, { status: 404 })
      const { organization, asOf } = realm
      return json(
        anEntitlementDocument({
          organization,
          client: { clientId, ...client },
          asOf,
          ...(partner && { partner: realm.partnerIds.includes(partner) ? { id: partner, name: 'Partner' } : null }),
          ...(requestor && { requestor: null }),
        }),
      )
    },
    answerChanges({ url }) {
      const { revision, state } = realm.asOf
      const [after, afterState] = new URL(url).searchParams.get('after')?.split(' ') ?? []
      const isKnown = afterState === state && Number(after) <= revision
      const changes = isKnown ? log.slice(log.length - (revision - Number(after))) : null
      return json({ asOf: realm.asOf, cursor: `${revision} ${state}`, changes, audiences: realm.audiences })
    },
  }
  return realm
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, '')
}

export function aRemoteServer(...keys: readonly SigningKey[]): RemoteServer {
  return aRemoteServerOf(issuer, keys)
}

export function aRemoteServerOf(ownIssuer: string, keys: readonly SigningKey[]): RemoteServer {
  const requests: Request[] = []
  const own = (url: string) => url.replace(issuer, ownIssuer)
  let tokens = 0
  const metadata = { issuer: ownIssuer, jwks_uri: own(jwksUrl), token_endpoint: own(tokenUrl) }
  const realm = aRemoteRealm()
  const answers = new Map<string, Answer>([
    [own(discoveryUrl), () => json(metadata)],
    [own(jwksUrl), () => json({ keys: keys.map((key) => key.jwk) })],
    [own(tokenUrl), () => json({ access_token: `own-token-${++tokens}`, token_type: 'Bearer', expires_in: 300 })],
    [own(entitlementUrl), realm.answerEntitlement],
    [own(changesUrl), realm.answerChanges],
  ])
  return {
    realm,
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request)
      const answer = answers.get(withoutQuery(request.url))
      assert.ok(answer, `no handler for ${request.url}`)
      return answer(request)
    },
    answer: (url, answer) => answers.set(url, answer),
    calls: (url) => requests.filter((request) => withoutQuery(request.url) === url).length,
  }
}

const key = aSigningKey()

/** A remote guard in front of such a server, and a token of a client. */
export function aRemoteGuard(options: Partial<RemoteGuardOptions> = {}) {
  const server = aRemoteServer(key)
  const clock = aClock()
  const guard = createRemoteGuard({
    issuer,
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience,
    credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
    fetch: server.fetch,
    clock: clock.now,
    reports: false,
    ...options,
  })
  const sign = (claims: Parameters<typeof keycloakClaims>[0] = {}) =>
    signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, keycloakClaims(claims))
  /** The code of the denial of a token with these claims; `undefined` if it is accepted. */
  const codeOf = async (claims: Readonly<Record<string, unknown>> = {}) => {
    const token = sign(claims)
    const verdict = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, {})
    return verdict.allowed ? undefined : verdict.code
  }
  return { server, clock, guard, codeOf, sign }
}
