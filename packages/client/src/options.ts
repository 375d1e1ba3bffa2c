// The options of a token provider: validated once, completed with defaults, frozen. Error messages name the option, what was
// expected and what was found, and never contain a secret.
import { findCredentialFault, kindOf, parseSafeUrl, parseScope, refuseUnknownOptions } from '@countersign/protocol'
import type { ClientSecret } from './client-secrets.ts'
import { systemClock, type Clock } from './clock.ts'
import { createElapsedTime, type ElapsedTime } from './elapsed-time.ts'
import type { Fetch } from './exchange.ts'
import type { PrivateKeyJwt } from './private-key-jwt.ts'
import { withoutQuery } from './printable.ts'
import { createNotifier, type OnTokenEvent, type TokenEvent } from './token-events.ts'
import { refuseMissingFetch } from './usable-response.ts'

/** Who the client is, and how it proves it: by a secret, or by a key. */
export type ClientCredentialOptions = { readonly clientId: string } & (SecretOptions | KeyOptions)

interface SecretOptions {
  /**
   * One secret, `[newer, older]` during a rotation, or a function that returns either; a function is called before each
   * token request. Of two, the newer is tried first; if it is refused, the older is used, and the newer is retried after a
   * minute, then with exponential backoff up to an hour. To replace the secret itself, see {@link rotateSecret}.
   */
  readonly clientSecret: ClientSecret
  /** How the secret is sent (RFC 6749 §2.3.1): by a Basic header (default) or in the body. */
  readonly clientAuthentication?: ClientAuthentication
  /** Called when a new secret has obtained its first token: the old one can be revoked from then on. What it throws has no effect. */
  readonly onSecretProven?: () => void
  readonly clientAuth?: never
}

interface KeyOptions {
  /** A signature in place of a secret (RFC 7523): what {@link privateKeyJwt} returns. */
  readonly clientAuth: PrivateKeyJwt
  readonly clientSecret?: never
  readonly clientAuthentication?: never
  readonly onSecretProven?: never
}

export type TokenProviderOptions = ClientCredentialOptions & {
  /** Default scope of `getToken()` (RFC 6749 §3.3); if omitted, the server grants its default. */
  readonly scope?: string
  /** The API that the token is for, by its audience: an absolute URI (RFC 8707 §2), or a name that the realm declares. */
  readonly resource?: string
  readonly fetch?: Fetch
  readonly clock?: Clock
  /** A number in [0, 1), default `Math.random`; spreads renewals and retries, and need not be cryptographically secure. */
  readonly random?: () => number
  /**
   * Called for logs and metrics, after each token request and each decision about a token. It is called in a task of its own; what it
   * throws has no effect.
   */
  readonly onEvent?: OnTokenEvent
} & (
    | { readonly tokenUrl: string; readonly issuer?: never }
    /** Finds the token endpoint by OpenID Connect Discovery 1.0 §4; it must be at the origin of the issuer. */
    | { readonly issuer: string; readonly tokenUrl?: never }
  )

export type ClientAuthentication = 'basic' | 'body'

/** {@link TokenProviderOptions} after validation, with all defaults. */
export interface Settings {
  readonly server: { readonly tokenUrl: string } | { readonly issuer: string }
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly scope: string
  readonly resource: string | undefined
  readonly onSecretProven: () => void
  readonly fetch: Fetch
  readonly clock: ElapsedTime
  readonly random: () => number
  readonly notify: (event: TokenEvent) => void
}

const optionKeys: readonly (keyof TokenProviderOptions)[] = [
  'tokenUrl',
  'issuer',
  'clientId',
  'clientSecret',
  'clientAuth',
  'scope',
  'resource',
  'clientAuthentication',
  'onSecretProven',
  'fetch',
  'clock',
  'random',
  'onEvent',
]

/** Does not check the secret: ClientSecrets does. @throws TypeError for an option that is unknown, missing or invalid. */
export function readSettings(options: TokenProviderOptions): Settings {
  refuseUnknownOptions('createTokenProvider', options, optionKeys)
  const { clientId, clientAuthentication = 'basic', scope = '', resource, clock = systemClock } = options
  if (typeof clientId !== 'string' || clientId === '') refuse('clientId', 'a non-empty string', kindOf(clientId))
  const idFault = findCredentialFault(clientId)
  if (idFault !== undefined) throw new TypeError(`"clientId" ${idFault}`)
  if (clientAuthentication !== 'basic' && clientAuthentication !== 'body')
    refuse('clientAuthentication', '"basic" or "body"', show(clientAuthentication))
  refuseSecretBesideKey(options)
  for (const name of ['fetch', 'random', 'onSecretProven', 'onEvent'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function') refuse(name, 'a function', kindOf(options[name]))
  if (typeof clock?.now !== 'function' || typeof clock.startTimer !== 'function')
    refuse('clock', 'an object with the functions "now" and "startTimer"', kindOf(clock))
  if (clock.wallNow !== undefined && typeof clock.wallNow !== 'function') refuse('clock.wallNow', 'a function', kindOf(clock.wallNow))
  return Object.freeze({
    server: readServer(options),
    clientId,
    clientAuthentication,
    ...readTarget({ scope, resource }),
    onSecretProven: options.onSecretProven ?? (() => {}),
    fetch: options.fetch ?? fetchOfRuntime,
    clock: createElapsedTime(clock),
    random: options.random ?? Math.random,
    notify: createNotifier(options.onEvent),
  })
}

function refuseSecretBesideKey({ clientAuth, ...options }: TokenProviderOptions): void {
  if (clientAuth === undefined) return
  // Not by a class: the program may have this package in two versions, one of them below the guard.
  if (typeof clientAuth?.findKey !== 'function') refuse('clientAuth', 'what privateKeyJwt() returns', kindOf(clientAuth))
  const second = (['clientSecret', 'clientAuthentication', 'onSecretProven'] as const).find((name) => options[name] !== undefined)
  if (second !== undefined)
    throw new TypeError(`createTokenProvider: "${second}" is for a secret, and "clientAuth" for a key; pass one of them`)
}

/** Looked up at each call: a test or a polyfill may replace it later. */
function fetchOfRuntime(url: string, init: RequestInit): Promise<Response> {
  refuseMissingFetch(withoutQuery(url), globalThis.fetch)
  return globalThis.fetch(url, init)
}

/** Scope and resource of a token request, normalized: scope tokens are a set, so they are sorted. */
export interface TokenTarget {
  readonly scope: string
  readonly resource: string | undefined
}

/** @throws TypeError if `scope` or `resource` is invalid. */
export function readTarget({ scope, resource }: { scope: unknown; resource: unknown }): TokenTarget {
  if (typeof scope !== 'string') refuse('scope', 'a string of scope tokens', kindOf(scope))
  if (resource !== undefined && (typeof resource !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(resource) || resource.includes('#')))
    refuse('resource', 'the audience of an API, which may be an absolute URI without a fragment (RFC 8707)', show(resource))
  try {
    return { scope: parseScope(scope).sort().join(' '), resource }
  } catch {
    return refuse('scope', 'printable ASCII tokens with exactly one space between them (RFC 6749 §3.3)', show(scope))
  }
}

function readServer({ tokenUrl, issuer }: TokenProviderOptions): Settings['server'] {
  if ((tokenUrl === undefined) === (issuer === undefined))
    throw new TypeError(`createTokenProvider: expected either "tokenUrl" or "issuer", found ${tokenUrl === undefined ? 'neither' : 'both'}`)
  const [name, url] = tokenUrl === undefined ? (['issuer', issuer] as const) : (['tokenUrl', tokenUrl] as const)
  if (typeof url !== 'string' || parseSafeUrl(url) === undefined || url.includes('#')) {
    const expected = 'an absolute https URL without credentials and fragment (http only on loopback)'
    refuse(name, expected, String(url).includes('@') ? 'one with credentials' : show(url))
  }
  if (name === 'issuer' && url.includes('?')) refuse(name, 'a URL without a query (RFC 8414 §2)', show(url))
  return tokenUrl === undefined ? { issuer: url } : { tokenUrl: url }
}

/** Only for options that never contain a secret. */
function show(value: unknown): string {
  if (typeof value !== 'string' || value === '') return value instanceof URL ? 'a URL object; pass its "href"' : kindOf(value)
  return value.length > 200 ? `a text of ${value.length} characters` : `"${value}"`
}

function refuse(name: string, expected: string, found: string): never {
  throw new TypeError(`"${name}" must be ${expected}; found ${found}`)
}
