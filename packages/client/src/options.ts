// The options of a token provider: checked once, completed with their defaults, frozen. Messages name the option, what was
// expected and what was found, and never repeat a secret.
import { kindOf, parseSafeUrl, parseScope, refuseUnknownOptions } from '@countersign/protocol'
import type { ClientSecret } from './client-secrets.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Fetch } from './exchange.ts'

export type TokenProviderOptions = {
  readonly clientId: string
  /**
   * One secret, both during a rotation, or a function that returns either; a function is asked before each token request.
   * Of two, the newer is tried first. Where it is refused, the older serves, and the newer gets another chance after a
   * minute, then ever more seldom. To replace the secret itself: {@link rotateSecret}.
   */
  readonly clientSecret: ClientSecret
  /** What `getToken()` asks for when it is not told; left out, the server grants its default. */
  readonly scope?: string
  /** The API that the token is for (RFC 8707). */
  readonly resource?: string
  /** How the client proves itself (RFC 6749 §2.3.1): by a Basic header (default) or in the form. */
  readonly clientAuthentication?: ClientAuthentication
  /** Called when a new secret obtains its first token: from then on the old one can be revoked. */
  readonly onSecretProven?: () => void
  readonly fetch?: Fetch
  readonly clock?: Clock
  /** A number from 0 up to 1, as `Math.random` returns it; spreads renewals and retries, and needs no secrecy. */
  readonly random?: () => number
} & (
  | { readonly tokenUrl: string; readonly issuer?: never }
  /** The token endpoint is then found by OpenID discovery. */
  | { readonly issuer: string; readonly tokenUrl?: never }
)

export type ClientAuthentication = 'basic' | 'body'

/** {@link TokenProviderOptions} after the check: every default is in. */
export interface Settings {
  readonly server: { readonly tokenUrl: string } | { readonly issuer: string }
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly scope: string
  readonly resource: string | undefined
  readonly onSecretProven: () => void
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: () => number
}

const optionKeys: readonly (keyof TokenProviderOptions)[] = [
  'tokenUrl',
  'issuer',
  'clientId',
  'clientSecret',
  'scope',
  'resource',
  'clientAuthentication',
  'onSecretProven',
  'fetch',
  'clock',
  'random',
]

/** @throws TypeError for an option that is unknown, missing or of another form. The secret is checked by its keeper. */
export function readSettings(options: TokenProviderOptions): Settings {
  refuseUnknownOptions('createTokenProvider', options, optionKeys)
  const { clientId, clientAuthentication = 'basic', scope = '', resource, clock = systemClock } = options
  if (typeof clientId !== 'string' || clientId === '') refuse('clientId', 'a non-empty string', kindOf(clientId))
  if (clientAuthentication !== 'basic' && clientAuthentication !== 'body')
    refuse('clientAuthentication', '"basic" or "body"', show(clientAuthentication))
  for (const name of ['fetch', 'random', 'onSecretProven'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function') refuse(name, 'a function', kindOf(options[name]))
  if (typeof clock?.now !== 'function' || typeof clock.startTimer !== 'function')
    refuse('clock', 'an object with the functions "now" and "startTimer"', kindOf(clock))
  return Object.freeze({
    server: readServer(options),
    clientId,
    clientAuthentication,
    ...readTarget({ scope, resource }),
    onSecretProven: options.onSecretProven ?? (() => {}),
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    clock,
    random: options.random ?? Math.random,
  })
}

/** What a token is asked for, in one spelling: scope tokens are a set, so they are sorted. */
export interface TokenTarget {
  readonly scope: string
  readonly resource: string | undefined
}

/** @throws TypeError where `scope` or `resource` cannot be sent. */
export function readTarget({ scope, resource }: { scope: unknown; resource: unknown }): TokenTarget {
  if (typeof scope !== 'string') refuse('scope', 'a string of scope tokens', kindOf(scope))
  if (resource !== undefined && (typeof resource !== 'string' || !URL.canParse(resource)))
    refuse('resource', 'an absolute URI (RFC 8707)', show(resource))
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
  return tokenUrl === undefined ? { issuer: url } : { tokenUrl: url }
}

/** For values that are no secret, wherever they came from. */
function show(value: unknown): string {
  return typeof value === 'string' && value !== '' ? `"${value}"` : kindOf(value)
}

function refuse(name: string, expected: string, found: string): never {
  throw new TypeError(`"${name}" must be ${expected}; found ${found}`)
}
