// A client that authenticates by its secret, or by either of two during a rotation.
import { hasEchoOf, writeSecret, type Attempt, type ClientCredentials } from './client-credentials.ts'
import type { ClientSecrets } from './client-secrets.ts'
import type { ClientAuthentication, Settings } from './options.ts'
import type { TokenEvent } from './token-events.ts'

type SecretCredentialsOptions = Pick<Settings, 'clientId' | 'clientAuthentication' | 'notify'>

export class SecretCredentials implements ClientCredentials {
  readonly #secrets: ClientSecrets
  readonly #clientId: string
  readonly #place: ClientAuthentication
  readonly #notify: (event: TokenEvent) => void
  /** Empty after a success. */
  #refused: readonly string[] = []

  constructor(secrets: ClientSecrets, { clientId, clientAuthentication, notify }: SecretCredentialsOptions) {
    this.#secrets = secrets
    this.#clientId = clientId
    this.#place = clientAuthentication
    this.#notify = notify
  }

  async *attempts(): AsyncGenerator<Attempt> {
    const secrets = await this.#secrets.inOrder()
    yield* this.#attemptsWith(secrets, secrets)
    const others = await this.#secrets.notAmong(secrets).catch(() => [])
    if (this.isReadAgain) this.#notify({ type: 'credential-reread', changed: others.length > 0 })
    const all = [...secrets, ...others]
    yield* this.#attemptsWith(others, all)
    this.#refused = all
  }

  get isReadAgain(): boolean {
    return this.#secrets.isReadAgain
  }

  async hasOther(): Promise<boolean> {
    if (this.#refused.length === 0) return false
    const changed = (await this.#secrets.notAmong(this.#refused).catch(() => [])).length > 0
    if (changed) this.#notify({ type: 'credential-reread', changed })
    return changed
  }

  *#attemptsWith(secrets: readonly string[], sent: readonly string[]): Generator<Attempt> {
    const clientId = this.#clientId
    const isEchoedIn = hasEchoOf(clientId, sent)
    for (const clientSecret of secrets)
      yield {
        write: (form, headers) => writeSecret({ clientId, clientSecret }, this.#place, form, headers),
        isEchoedIn,
        accept: () => {
          this.#refused = []
          this.#secrets.prove(clientSecret)
        },
      }
  }
}
