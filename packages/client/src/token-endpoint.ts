// The token endpoint of one client: its URL, the credentials that it accepts, and whether a request may be sent now. Keeps no token.
import type { ClientCredentials } from './client-credentials.ts'
import { ClientSecrets, type ClientSecret } from './client-secrets.ts'
import { Gate, minDistanceMs } from './gate.ts'
import { KeyCredentials } from './key-credentials.ts'
import type { ClientCredentialOptions, Settings, TokenTarget } from './options.ts'
import { SecretCredentials } from './secret-credentials.ts'
import { requestToken, type TokenAnswer } from './token-request.ts'
import { TokenRequestError } from './token-request-error.ts'
import { TokenUrl } from './token-url.ts'

export interface IssuedToken extends TokenAnswer {
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
  readonly #url: TokenUrl
  /** When the credentials were last read. */
  #askedAt = -Infinity

  constructor(settings: Settings, { clientAuth, clientSecret }: Pick<ClientCredentialOptions, 'clientAuth' | 'clientSecret'>) {
    const { clientId, clientAuthentication, onSecretProven, clock, notify } = settings
    this.#settings = settings
    this.#url = new TokenUrl(settings)
    if (clientAuth !== undefined) {
      const issuer = 'issuer' in settings.server ? settings.server.issuer : undefined
      this.#credentials = new KeyCredentials(clientAuth, { clientId, issuer, clock, notify })
    } else {
      this.#secrets = new ClientSecrets(clientSecret as ClientSecret, onSecretProven, clock, notify)
      this.#credentials = new SecretCredentials(this.#secrets, { clientId, clientAuthentication, notify })
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
   * Whether {@link findOther} is to be asked: the pause is because of credentials that a function found, and which it may have replaced
   * meanwhile. At most once a second, because the function may ask a vault.
   */
  mayHaveOther(now: number): boolean {
    return this.gate.reason?.code === 'invalid_client' && this.#credentials.isReadAgain && now >= this.#askedAt + minDistanceMs
  }

  /** Ends the pause if there are other credentials than those that were refused. */
  async findOther(now: number): Promise<boolean> {
    this.#askedAt = now
    const isFound = await this.#credentials.hasOther()
    if (isFound) this.gate.open()
    return isFound
  }

  /**
   * Requests a token; if the first credentials are refused, once more with the others, and if the endpoint is gone, at the one that the
   * metadata of the issuer name now.
   * @throws TokenRequestError
   */
  async requestToken(target: TokenTarget): Promise<IssuedToken> {
    const tokenUrl = await this.#url.find()
    try {
      return await this.#requestAt(tokenUrl, target)
    } catch (error) {
      const successor = await this.#url.findSuccessor(tokenUrl, error)
      if (successor === undefined) throw error
      return this.#requestAt(successor, target)
    }
  }

  async #requestAt(tokenUrl: string, target: TokenTarget): Promise<IssuedToken> {
    let refusal: unknown
    this.#askedAt = this.#settings.clock.now()
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
}
