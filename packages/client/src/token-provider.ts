// The public API: one provider per client, with a token for each scope and resource. Owns the options, the bounded cache of
// slots and the status. Renewal is in token-slot.ts, the token request in token-endpoint.ts.
import { refuseUnknownOptions } from '@countersign/protocol'
import { requireSignal } from './abort-signal.ts'
import type { ClientSecret } from './client-secrets.ts'
import { readSettings, readTarget, type Settings, type TokenProviderOptions } from './options.ts'
import { TokenEndpoint } from './token-endpoint.ts'
import type { TokenRequestError } from './token-request-error.ts'
import { TokenSlot } from './token-slot.ts'

export interface GetTokenOptions {
  /** Aborts the wait of this caller only; the shared token request continues. */
  readonly signal?: AbortSignal
  /** Overrides the scope of the provider. */
  readonly scope?: string
  readonly resource?: string
}

/** The state of the provider's own token, for health checks and logs. Durations are whole seconds. */
export interface TokenProviderStatus {
  /** `due`: still valid, and renewed by the next call. */
  readonly token: 'none' | 'fresh' | 'due' | 'expired'
  readonly expiresInSeconds: number | undefined
  /** `scope` of the token response; `undefined` if it had none. */
  readonly grantedScope: string | undefined
  /** Seconds until a request may be sent after a failure; 0 if it may be sent now. */
  readonly gatedSeconds: number
  /** Why the last request failed; `undefined` after a success. */
  readonly lastFailure: TokenRequestError | undefined
}

/** Cached tokens for other scopes and resources; the least recently used one is evicted. */
export const maxFurtherSlots = 100

/** Created by {@link createTokenProvider}. Secret and tokens are private members, so logging the object does not reveal them. */
export class TokenProvider {
  readonly #settings: Settings
  readonly #endpoint: TokenEndpoint
  readonly #ownSlot: TokenSlot
  /** By target, least recently used first. */
  readonly #furtherSlots = new Map<string, TokenSlot>()

  constructor(options: TokenProviderOptions) {
    this.#settings = readSettings(options)
    this.#endpoint = new TokenEndpoint(this.#settings, options)
    this.#ownSlot = new TokenSlot(this.#settings, this.#endpoint, this.#settings)
  }

  /**
   * Resolves to a token that has not expired. Concurrent callers share one token request; from its refresh time on, the token
   * is renewed in the background while callers still get it. In its last seconds (five, or a tenth of a short lifetime) they wait for the
   * new one, unless renewals fail.
   * @throws TokenRequestError if there is no token and none can be obtained (`gated`: none is requested during the backoff),
   *   TypeError for unknown or invalid options, the reason of `signal` when it is aborted.
   */
  getToken(options?: GetTokenOptions): Promise<string> {
    return options === undefined ? this.#ownSlot.get() : this.#getTokenFor(options)
  }

  /**
   * Drops `token` from the cache because an API has rejected it. No effect if it is not the cached one any more, or if it is younger than
   * a hundredth of its lifetime (1 to 30 s) and was itself requested because the one before it was rejected: then a newer one would not help.
   */
  invalidate(token: string): void {
    for (const slot of this.#slots()) slot.invalidate(token)
  }

  /**
   * Uses another secret from now on. Cached tokens stay in use, but the next call renews them, which proves the secret; the
   * result of a pending request with the old secret is discarded.
   * @throws TypeError if `clientSecret` is invalid, or if the client authenticates by a key.
   */
  updateSecret(clientSecret: ClientSecret): void {
    this.#endpoint.replaceSecret(clientSecret)
    for (const slot of this.#slots()) slot.renewSoon()
  }

  /** Seconds since `token` was received; `undefined` if it is not cached. */
  ageSeconds(token: string): number | undefined {
    for (const { held } of this.#slots()) if (held?.token === token) return (this.#settings.clock.now() - held.receivedAt) / 1000
    return undefined
  }

  status(): TokenProviderStatus {
    const now = this.#settings.clock.now()
    const { held, lastFailure } = this.#ownSlot
    return {
      token: this.#ownSlot.stage(now),
      expiresInSeconds: held && Math.max(0, Math.floor((held.expiresAt - now) / 1000)),
      grantedScope: held?.grantedScope,
      gatedSeconds: this.#ownSlot.closedGate(now)?.remainingSeconds(now) ?? 0,
      lastFailure,
    }
  }

  /**
   * Resolves when no token request is under way, whatever came of it. A token is also renewed beside the call that finds it due; where a
   * program stops after its answer, as in workers, let it wait: `ctx.waitUntil(tokens.settled())`.
   */
  async settled(): Promise<void> {
    for (;;) {
      const flights = this.#slots().flatMap(({ flight }) => flight ?? [])
      if (flights.length === 0) return
      await Promise.allSettled(flights)
    }
  }

  async #getTokenFor(options: GetTokenOptions): Promise<string> {
    refuseUnknownOptions('getToken', options, ['signal', 'scope', 'resource'])
    requireSignal('getToken', options.signal)
    if (options.signal?.aborted) throw options.signal.reason
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
 * Creates a provider of `client_credentials` tokens (RFC 6749 §4.4): cached, renewed ahead of expiry, one request at a time.
 *
 * There are no background timers, so there is nothing to close, and an idle process sends nothing: the first call after the
 * refresh time renews. Lifetimes are measured from the start of the request, by a monotonic clock and a wall clock: a token has expired
 * when either says so. The token is opaque: it is neither parsed nor verified.
 *
 * @example
 * const tokens = createTokenProvider({
 *   tokenUrl: 'https://auth.example.com/realms/nt24-idp/protocol/openid-connect/token',
 *   clientId: 'api-client-acme',
 *   clientSecret: async () => (await readFile('/run/secrets/acme', 'utf8')).trim(),
 * })
 * const token = await tokens.getToken()
 *
 * @throws TypeError for an option that is unknown, missing or invalid; the message names it.
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
