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
    const clientId = this.#clientId
    const secretsInUse = await this.#secrets.inOrder()
    const isEchoedIn = hasEchoOf(clientId, secretsInUse)
    for (const clientSecret of secretsInUse)
      yield {
        write: (form, headers) => writeSecret({ clientId, clientSecret }, this.#place, form, headers),
        isEchoedIn,
        accept: () => this.#secrets.prove(clientSecret),
      }
  }
}
