// The token endpoint as one client sees it: where it is, which secret it takes, and whether it may be asked right now.
// Keeps no token.
import type { TokenResponse } from '@countersign/protocol'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import { discoverUrl } from './discovery.ts'
import { Gate } from './gate.ts'
import { rethrow } from './json-request.ts'
import type { Settings, TokenTarget } from './options.ts'
import { requestToken } from './token-request.ts'
import { TokenRequestError } from './token-request-error.ts'

export class TokenEndpoint {
  /** Closed by failures that concern every token of this client. */
  readonly gate = new Gate()
  readonly #settings: Settings
  readonly #secrets: ClientSecrets
  #tokenUrl: Promise<string> | undefined

  constructor(settings: Settings, clientSecret: ClientSecret) {
    this.#settings = settings
    this.#secrets = new ClientSecrets(clientSecret, settings.onSecretProven, settings.clock)
  }

  /** The gate stays as it is where the server asked for a pause: another secret does not change that. */
  replaceSecret(clientSecret: ClientSecret): void {
    this.#secrets.replace(clientSecret)
    const code = this.gate.reason?.code
    if (code === 'invalid_client' || code === 'secret_unavailable') this.gate.open()
  }

  /**
   * Asks for a token, with the other secret once more where the first is refused.
   * @throws TokenRequestError
   */
  async requestToken(target: TokenTarget): Promise<TokenResponse> {
    const { clientId, clientAuthentication } = this.#settings
    const tokenUrl = await this.#findTokenUrl()
    let refusal: unknown
    const secretsInUse = await this.#secrets.inOrder()
    for (const clientSecret of secretsInUse) {
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
        return response
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
