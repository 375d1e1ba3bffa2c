// An identity provider (IdP), of the operators or of an organization, by OpenID Connect: authorization code with PKCE, state and nonce. The
// library that checks its answers is loaded by the first sign-in. Of its tokens nothing is kept but who has signed in.
import type { ClientAuth, Configuration, CustomFetch, ServerMetadata } from 'openid-client'
import type { Clock } from '../clock.ts'
import type { BoundedFetch } from '../outbound/bounded-fetch.ts'
import { createDiscovered } from './discovered.ts'
import { withFewKeys } from './few-keys.ts'
import { toSignInRefusal } from './explain-failure.ts'
import type { Flow } from './flow.ts'
import { hasGroups, readIdentity, type Identity } from './read-identity.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface IdpSettings {
  readonly issuer: string
  readonly clientId: string
  /** With the groups of a person. */
  readonly claim: string
  /** Besides `openid`. */
  readonly scopes: readonly string[]
}

export interface IdentityProviderOptions {
  readonly settings: IdpSettings
  /** Read again with the discovery document. */
  readonly readSecret: () => string
  /** Where the browser comes back to. */
  readonly callbackUrl: string
  readonly clock: Clock
  /** For all requests to it. */
  readonly fetch: BoundedFetch
  /** Called before its discovery document is fetched. @throws SignInRefusal */
  readonly beforeDiscovery?: () => void
  /** Sign-ins that are being finished at once: a slow IdP must not collect them. */
  readonly maxFinishing?: number
  /** Shorter in tests. Seconds. */
  readonly timeouts?: { readonly request: number; readonly finish: number }
}

export interface IdentityProvider {
  readonly settings: IdpSettings
  /** Where the browser has to go. @throws SignInRefusal */
  startUrl(flow: Flow): Promise<URL>
  /**
   * Who has signed in, by the query with which the browser came back.
   * @throws SignInRefusal
   */
  finish(query: string, flow: Flow): Promise<Identity>
  /** @throws SignInRefusal */
  describe(): Promise<{ readonly issuer: string; readonly keysUrl: string | undefined }>
}

/** For each request to the IdP, and for all by which one sign-in is finished: less than the server lets a connection be silent. */
const usualTimeouts = { request: 5, finish: 10 }
const toleranceSeconds = 30
/** How long the discovery document counts. */
const documentMs = 3_600_000
/** Of JSON. */
const maxMemberLength = 4096

export function createIdentityProvider(options: IdentityProviderOptions): IdentityProvider {
  const { settings, readSecret, callbackUrl, clock, beforeDiscovery, maxFinishing = 50, timeouts = usualTimeouts } = options
  /** The library has its own type for the body, of which a form is all that is sent. */
  const forLibrary =
    (fetch: BoundedFetch): CustomFetch =>
    (url, init) =>
      fetch(url, init as RequestInit)
  const discovered = createDiscovered(discover, documentMs, clock)
  let finishing = 0

  async function discover(): Promise<Configuration> {
    beforeDiscovery?.()
    const oidc = await import('openid-client')
    const { allowInsecureRequests, enableNonRepudiationChecks, ClientSecretPost } = oidc
    const issuer = new URL(settings.issuer)
    const asked = oidc.discovery(issuer, settings.clientId, undefined, undefined, {
      [oidc.customFetch]: forLibrary(options.fetch),
      timeout: timeouts.request,
      // The fetch refuses http to any other host.
      execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
    })
    const found = await asked.catch((cause: unknown) => {
      throw toSignInRefusal(cause, true)
    })
    const metadata = found.serverMetadata()
    // The library allows that for services with many tenants: every tenant could then name its users and groups as it likes.
    if (metadata.issuer !== settings.issuer) throw new SignInRefusal('idp-away', 'idp-other-issuer')
    const used = onlyUsed(metadata)
    if (!isPage(used.authorization_endpoint, issuer)) throw new SignInRefusal('idp-away', 'idp-endpoint')
    const isPost = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_basic') === false
    const secret = readSecret()
    const authentication = isPost ? ClientSecretPost(secret) : basicAuthentication(settings.clientId, secret)
    const config = new oidc.Configuration(used, settings.clientId, undefined, authentication)
    config[oidc.customFetch] = forLibrary(withFewKeys(options.fetch, used.jwks_uri))
    config.timeout = timeouts.request
    if (issuer.protocol === 'http:') allowInsecureRequests(config)
    // Otherwise the library trusts the connection to the token endpoint and leaves the signature of the ID token aside.
    enableNonRepudiationChecks(config)
    return config
  }

  async function redeem(query: string, flow: Flow): Promise<Identity> {
    const oidc = await import('openid-client')
    const config = await discovered.get()
    const url = new URL(callbackUrl)
    url.search = query
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      expectedState: flow.state,
      expectedNonce: flow.nonce,
      pkceCodeVerifier: flow.verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) throw new SignInRefusal('sign-in-invalid')
    if (flow.confirms !== undefined) checkAge(claims.auth_time, flow)
    const { userinfo_endpoint: userinfo, issuer } = config.serverMetadata()
    const isEnough = hasGroups(claims, settings.claim) || userinfo === undefined
    // Its answer must be about the same subject, and says nothing against the ID token.
    const more = isEnough ? {} : await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
    const identity = readIdentity(issuer, { ...more, ...claims, auth_time: claims.auth_time }, settings.claim)
    if (!identity) throw new SignInRefusal('sign-in-invalid', 'idp-subject')
    return identity
  }

  return {
    settings,
    async startUrl({ state, nonce, verifier, confirms }) {
      try {
        const oidc = await import('openid-client')
        return oidc.buildAuthorizationUrl(await discovered.get(), {
          redirect_uri: callbackUrl,
          scope: ['openid', ...settings.scopes].join(' '),
          state,
          nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          ...(confirms !== undefined && { prompt: 'login', max_age: '0' }),
        })
      } catch (cause) {
        throw toSignInRefusal(cause)
      }
    },
    async finish(query, flow) {
      if (finishing >= maxFinishing) throw new SignInRefusal('idp-away', 'idp-busy')
      finishing++
      const redeemed = redeem(query, flow).finally(() => finishing--)
      try {
        return await Promise.race([redeemed, rejectAfter(timeouts.finish * 1000)])
      } catch (cause) {
        throw toSignInRefusal(cause)
      }
    },
    async describe() {
      try {
        const { issuer, jwks_uri: keysUrl } = (await discovered.get()).serverMetadata()
        return { issuer, keysUrl }
      } catch (cause) {
        throw toSignInRefusal(cause)
      }
    },
  }
}

function rejectAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new SignInRefusal('idp-away', 'idp-slow')), milliseconds).unref()
  })
}

/**
 * RFC 6749 §2.3.1. The library also encodes "-" and "_", which the form encoding does not ask for, and on which servers fail that do not decode:
 * most secrets have one of them.
 */
function basicAuthentication(clientId: string, secret: string): ClientAuth {
  const encode = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length)
  const credentials = Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')
  return (_server, _client, _body, headers) => headers.set('authorization', `Basic ${credentials}`)
}

/** The rest of the document, which may be large, is not kept, nor what is longer than any of these members. */
function onlyUsed(metadata: ServerMetadata): ServerMetadata {
  const kept = Object.entries(metadata).filter(([name, value]) => usedMetadata.has(name) && JSON.stringify(value).length <= maxMemberLength)
  return Object.fromEntries(kept) as unknown as ServerMetadata
}

const usedMetadata: ReadonlySet<string> = new Set<string & keyof ServerMetadata>([
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'id_token_signing_alg_values_supported',
  'authorization_response_iss_parameter_supported',
])

/** Where a browser is sent. */
function isPage(url: string | undefined, { protocol }: URL): boolean {
  const page = url === undefined ? null : URL.parse(url)
  return page !== null && (page.protocol === 'https:' || page.protocol === protocol)
}

/** A fresh sign-in was asked for; an IdP that ignores this answers by an older one (OpenID Connect Core §3.1.2.1). */
function checkAge(authTime: unknown, { beganAt }: Flow): void {
  if (typeof authTime !== 'number' || authTime < Math.floor(beganAt / 1000) - toleranceSeconds)
    throw new SignInRefusal('sign-in-invalid', 'idp-old-sign-in')
}
