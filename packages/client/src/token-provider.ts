// The public face: one provider per client, which keeps a token for each scope that is asked for. Owns the options, the
// bounded cache of slots and what a caller may see. How a token is kept fresh is in token-slot.ts, how it is requested in
// token-endpoint.ts.
import { refuseUnknownOptions } from '@countersign/protocol'
import type { ClientSecret } from './client-secrets.ts'
import { readSettings, readTarget, type Settings, type TokenProviderOptions } from './options.ts'
import { TokenEndpoint } from './token-endpoint.ts'
import type { TokenRequestError } from './token-request-error.ts'
import { TokenSlot } from './token-slot.ts'

export interface GetTokenOptions {
  /** Ends the wait of this caller alone; the token request goes on for the others. */
  readonly signal?: AbortSignal
  /** In place of the provider's own. */
  readonly scope?: string
  readonly resource?: string
}

/** The state of the provider's own token, for health checks and logs. Durations are whole seconds. */
export interface TokenProviderStatus {
  /** `due`: still good, and renewed by the next call. */
  readonly token: 'none' | 'fresh' | 'due' | 'expired'
  readonly expiresInSeconds: number | undefined
  /** What the server said that it granted. */
  readonly grantedScope: string | undefined
  /** How long no request is made after a failure; 0 where nothing stands in the way. */
  readonly gatedSeconds: number
  /** Why the last request failed; `undefined` after a success. */
  readonly lastFailure: TokenRequestError | undefined
}

/** Tokens for further scopes and resources that are kept; the one that was not used for longest makes room. */
export const maxFurtherSlots = 100

/** Made by {@link createTokenProvider}. Prints as an empty object: secret and tokens are private. */
export class TokenProvider {
  readonly #settings: Settings
  readonly #endpoint: TokenEndpoint
  readonly #ownSlot: TokenSlot
  /** By target, least recently used first. */
  readonly #furtherSlots = new Map<string, TokenSlot>()

  constructor(options: TokenProviderOptions) {
    this.#settings = readSettings(options)
    this.#endpoint = new TokenEndpoint(this.#settings, options.clientSecret)
    this.#ownSlot = new TokenSlot(this.#settings, this.#endpoint, this.#settings)
  }

  /**
   * A token that has not expired. Concurrent callers share one token request; from its refresh time on, a token is renewed
   * behind the callers, who get it until it really expires.
   * @throws TokenRequestError where there is none and none can be obtained (`gated`: and none is requested right now),
   *   TypeError for unknown or malformed options, the reason of `signal` when it is aborted.
   */
  getToken(options?: GetTokenOptions): Promise<string> {
    return options === undefined ? this.#ownSlot.get() : this.#getTokenFor(options)
  }

  /** Drops `token` if it is held, because an API has rejected it. Another token than the one held is left alone. */
  invalidate(token: string): void {
    for (const slot of this.#slots()) slot.invalidate(token)
  }

  /**
   * Uses another secret from now on. Tokens that were issued stay in use, but the next call renews them, which proves the
   * secret; a request under way with the old one no longer counts.
   * @throws TypeError where `clientSecret` has not the form of the option.
   */
  updateSecret(clientSecret: ClientSecret): void {
    this.#endpoint.replaceSecret(clientSecret)
    for (const slot of this.#slots()) slot.renewSoon()
  }

  /** How long ago `token` was received, `undefined` for a token that is not held (any more). */
  ageSeconds(token: string): number | undefined {
    for (const { held } of this.#slots()) if (held?.token === token) return (this.#settings.clock.now() - held.receivedAt) / 1000
    return undefined
  }

  status(): TokenProviderStatus {
    const now = this.#settings.clock.now()
    const { held, lastFailure } = this.#ownSlot
    const stage = held === undefined ? 'none' : now < held.refreshAt ? 'fresh' : now < held.expiresAt ? 'due' : 'expired'
    return {
      token: stage,
      expiresInSeconds: held && Math.max(0, Math.floor((held.expiresAt - now) / 1000)),
      grantedScope: held?.grantedScope,
      gatedSeconds: this.#ownSlot.closedGate(now)?.remainingSeconds(now) ?? 0,
      lastFailure,
    }
  }

  async #getTokenFor(options: GetTokenOptions): Promise<string> {
    refuseUnknownOptions('getToken', options, ['signal', 'scope', 'resource'])
    options.signal?.throwIfAborted()
    const token = this.#slotFor(options).get()
    return options.signal === undefined ? token : untilAborted(token, options.signal)
  }

  #slotFor({ scope = this.#settings.scope, resource = this.#settings.resource }: GetTokenOptions): TokenSlot {
    const target = readTarget({ scope, resource })
    if (target.scope === this.#settings.scope && target.resource === this.#settings.resource) return this.#ownSlot
    const key = JSON.stringify([target.scope, target.resource])
    const slot = this.#furtherSlots.get(key) ?? new TokenSlot(this.#settings, this.#endpoint, target)
    this.#furtherSlots.delete(key)
    this.#furtherSlots.set(key, slot)
    const [oldest] = this.#furtherSlots.keys()
    if (this.#furtherSlots.size > maxFurtherSlots && oldest !== undefined) this.#furtherSlots.delete(oldest)
    return slot
  }

  #slots(): readonly TokenSlot[] {
    return [this.#ownSlot, ...this.#furtherSlots.values()]
  }
}

/**
 * Keeps a token of `client_credentials` (RFC 6749 §4.4) at hand: cached, renewed ahead of expiry, one request at a time.
 *
 * It runs no timers of its own, so there is nothing to close, and an idle process sends nothing: the first call after the
 * refresh time renews. Lifetimes are counted on a monotonic clock from the receipt of the response. It does not look into
 * the token, and does not verify it.
 *
 * @example
 * const tokens = createTokenProvider({
 *   tokenUrl: 'https://auth.example.com/realms/nt24-idp/protocol/openid-connect/token',
 *   clientId: 'api-client-acme',
 *   clientSecret: async () => (await readFile('/run/secrets/acme', 'utf8')).trim(),
 * })
 * const token = await tokens.getToken()
 *
 * @throws TypeError for an option that is unknown, missing or malformed; the message names it.
 */
export function createTokenProvider(options: TokenProviderOptions): TokenProvider {
  return new TokenProvider(options)
}

async function untilAborted(token: Promise<string>, signal: AbortSignal): Promise<string> {
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    stopListening = () => signal.removeEventListener('abort', abort)
  })
  try {
    return await Promise.race([token, aborted])
  } finally {
    stopListening()
  }
}
