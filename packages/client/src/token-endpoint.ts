// The token endpoint of one client: its URL, the secret that it accepts, and whether a request may be sent now. Keeps no token.
import type { TokenResponse } from '@countersign/protocol'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import { discoverUrl } from './discovery.ts'
import { Gate } from './gate.ts'
import { rethrow } from './json-request.ts'
import type { Settings, TokenTarget } from './options.ts'
import { requestToken } from './token-request.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface IssuedToken extends TokenResponse {
  /** When the request was sent that was answered with it. The token is younger, and its lifetime counts from here. */
  readonly requestedAt: number
}

export class TokenEndpoint {
  /** Closed by failures that affect every token of this client. */
  readonly gate = new Gate()
  readonly #settings: Settings
  readonly #secrets: ClientSecrets
  #tokenUrl: Promise<string> | undefined

  constructor(settings: Settings, clientSecret: ClientSecret) {
    this.#settings = settings
    this.#secrets = new ClientSecrets(clientSecret, settings.onSecretProven, settings.clock)
  }

  /** Opens the gate if the old secret had closed it; a Retry-After of the server still holds with the new one. */
  replaceSecret(clientSecret: ClientSecret): void {
    this.#secrets.replace(clientSecret)
    const code = this.gate.reason?.code
    if (code === 'invalid_client' || code === 'secret_unavailable') this.gate.open()
  }

  /**
   * Requests a token; if the first secret is refused, once more with the other.
   * @throws TokenRequestError
   */
  async requestToken(target: TokenTarget): Promise<IssuedToken> {
    const { clientId, clientAuthentication } = this.#settings
    const tokenUrl = await this.#findTokenUrl()
    let refusal: unknown
    const secretsInUse = await this.#secrets.inOrder()
    for (const clientSecret of secretsInUse) {
      const requestedAt = this.#settings.clock.now()
      try {
        const response = await requestToken(this.#settings, {
          tokenUrl,
          clientId,
          clientSecret,
          secretsInUse,
          clientAuthentication,
          target,
        })
        this.#secrets.prove(clientSecret)
        return { ...response, requestedAt }
      } catch (error) {
        refusal = error
        if (!(error instanceof TokenRequestError && error.code === 'invalid_client')) break
      }
    }
    throw refusal
  }

  async #findTokenUrl(): Promise<string> {
    const { server } = this.#settings
    if ('tokenUrl' in server) return server.tokenUrl
    this.#tokenUrl ??= discoverUrl(this.#settings, server.issuer, 'token_endpoint').catch(rethrow)
    try {
      return await this.#tokenUrl
    } catch (error) {
      this.#tokenUrl = undefined
      throw error
    }
  }
}
