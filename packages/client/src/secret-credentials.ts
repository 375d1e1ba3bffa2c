// A client that authenticates by its secret, or by either of two during a rotation.
import { hasEchoOf, writeSecret, type Attempt, type ClientCredentials } from './client-credentials.ts'
import type { ClientSecrets } from './client-secrets.ts'
import type { ClientAuthentication } from './options.ts'

export class SecretCredentials implements ClientCredentials {
  readonly #secrets: ClientSecrets
  readonly #clientId: string
  readonly #place: ClientAuthentication

  constructor(secrets: ClientSecrets, clientId: string, place: ClientAuthentication) {
    this.#secrets = secrets
    this.#clientId = clientId
    this.#place = place
  }

  async *attempts(): AsyncGenerator<Attempt> {
    const secrets = await this.#secrets.inOrder()
    yield* this.#attemptsWith(secrets, secrets)
    const others = await this.#secrets.notAmong(secrets).catch(() => [])
    yield* this.#attemptsWith(others, [...secrets, ...others])
  }

  *#attemptsWith(secrets: readonly string[], sent: readonly string[]): Generator<Attempt> {
    const clientId = this.#clientId
    const isEchoedIn = hasEchoOf(clientId, sent)
    for (const clientSecret of secrets)
      yield {
        write: (form, headers) => writeSecret({ clientId, clientSecret }, this.#place, form, headers),
        isEchoedIn,
        accept: () => this.#secrets.prove(clientSecret),
      }
  }
}
