// The token endpoint of one client: its URL, the credentials that it accepts, and whether a request may be sent now. Keeps no token.
import type { TokenResponse } from '@countersign/protocol'
import type { ClientCredentials } from './client-credentials.ts'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import { discoverUrl } from './discovery.ts'
import { Gate } from './gate.ts'
import { rethrow } from './json-request.ts'
import { KeyCredentials } from './key-credentials.ts'
import type { ClientCredentialOptions, Settings, TokenTarget } from './options.ts'
import { SecretCredentials } from './secret-credentials.ts'
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
  readonly #credentials: ClientCredentials
  /** Undefined for a client that authenticates otherwise. */
  readonly #secrets: ClientSecrets | undefined
  #tokenUrl: Promise<string> | undefined

  constructor(settings: Settings, { clientAuth, clientSecret }: Pick<ClientCredentialOptions, 'clientAuth' | 'clientSecret'>) {
    const { clientId, clientAuthentication, onSecretProven, clock } = settings
    this.#settings = settings
    if (clientAuth !== undefined) {
      const issuer = 'issuer' in settings.server ? settings.server.issuer : undefined
      this.#credentials = new KeyCredentials(clientAuth, { clientId, issuer, clock })
    } else {
      this.#secrets = new ClientSecrets(clientSecret as ClientSecret, onSecretProven, clock)
      this.#credentials = new SecretCredentials(this.#secrets, clientId, clientAuthentication)
    }
  }

  /** Opens the gate if the old secret had closed it; a Retry-After of the server still holds with the new one. */
  replaceSecret(clientSecret: ClientSecret): void {
    if (this.#secrets === undefined)
      throw new TypeError('updateSecret: this client authenticates by a key; pass a function as "privateKey", which is asked again')
    this.#secrets.replace(clientSecret)
    const code = this.gate.reason?.code
    if (code === 'invalid_client' || code === 'secret_unavailable') this.gate.open()
  }

  /**
   * Requests a token; if the first credentials are refused, once more with the others.
   * @throws TokenRequestError
   */
  async requestToken(target: TokenTarget): Promise<IssuedToken> {
    const tokenUrl = await this.#findTokenUrl()
    let refusal: unknown
    for await (const attempt of this.#credentials.attempts()) {
      const requestedAt = this.#settings.clock.now()
      try {
        const response = await requestToken(this.#settings, { tokenUrl, attempt, target })
        attempt.accept()
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
