// A client that authenticates by a private key: the key of the moment, a new assertion for each request, and the time that is written
// into it. A server refuses an assertion from the past or the future, so a wrong clock of this machine would lock the client out.
import { keyMethodName } from '@countersign/protocol'
import type { Attempt, ClientCredentials } from './client-credentials.ts'
import { clientAssertionType, createClientAssertion } from './client-assertion.ts'
import type { ElapsedTime } from './elapsed-time.ts'
import type { PrivateKeyJwt } from './private-key-jwt.ts'
import { unavailable, type SigningKey } from './signing-key.ts'
import { inTime } from './time-limit.ts'
import { callAside, type TokenEvent } from './token-events.ts'

/** A Date header has whole seconds; servers allow for a difference of some more. */
const toleranceMs = 5000
/** A server decides by its Date header for when assertions are valid, so it must not collect any for next year. */
const maxCorrectionMs = 24 * 3_600_000

const remedy =
  'Check the client id, that the public key is registered for the client under this key id, ' +
  `that "${keyMethodName}" is among its methods, and that the audience is exactly the issuer of the server.`

interface KeyCredentialsOptions {
  readonly clientId: string
  readonly issuer: string | undefined
  readonly clock: ElapsedTime
  readonly notify: (event: TokenEvent) => void
}

export class KeyCredentials implements ClientCredentials {
  readonly #auth: PrivateKeyJwt
  readonly #clientId: string
  readonly #audience: string
  readonly #clock: ElapsedTime
  readonly #notify: (event: TokenEvent) => void
  /** Added to the wall clock of this machine. */
  #correctionMs = 0
  /** The identity of the key that obtained the last token; inside an object, because it may be undefined. */
  #lastUsed: { readonly identity: unknown } | undefined
  /** The key of the last request, if it was refused. */
  #refused: SigningKey | undefined

  /** @throws TypeError if neither the issuer nor an audience is known */
  constructor(auth: PrivateKeyJwt, { clientId, issuer, clock, notify }: KeyCredentialsOptions) {
    const audience = auth.audience ?? issuer
    if (audience === undefined)
      throw new TypeError(
        'createTokenProvider: with "tokenUrl", privateKeyJwt() needs "audience": the issuer of the server, such as ' +
          '"https://auth.example.com/realms/nt24-idp"; or pass "issuer" in place of "tokenUrl"',
      )
    this.#auth = auth
    this.#clientId = clientId
    this.#audience = audience
    this.#clock = clock
    this.#notify = notify
  }

  async *attempts(): AsyncGenerator<Attempt> {
    const key = await this.#inTime(this.#auth.findKey())
    const correctionMs = this.#correctionMs
    yield this.#attempt(key)
    if (this.#correctionMs !== correctionMs) yield this.#attempt(key)
    if (!this.isReadAgain) return
    // The key may have been replaced since it was read.
    const again = await this.#inTime(this.#auth.findKey()).catch(() => key)
    const changed = isAnotherKey(key, again)
    this.#notify({ type: 'credential-reread', changed })
    if (changed) yield this.#attempt(again)
    this.#refused = again
  }

  get isReadAgain(): boolean {
    return this.#auth.isReadAgain === true
  }

  async hasOther(): Promise<boolean> {
    const refused = this.#refused
    if (refused === undefined) return false
    const changed = isAnotherKey(refused, await this.#inTime(this.#auth.findKey()).catch(() => refused))
    if (changed) this.#notify({ type: 'credential-reread', changed })
    return changed
  }

  #attempt(key: SigningKey): Attempt {
    const assertions: string[] = []
    let sentAt = 0
    return {
      write: async (form) => {
        sentAt = this.#clock.wallNow()
        const facts = { clientId: this.#clientId, audience: this.#audience, now: sentAt + this.#correctionMs }
        const assertion = await this.#inTime(createClientAssertion(key, facts))
        assertions.push(assertion)
        form.set('client_id', this.#clientId)
        form.set('client_assertion_type', clientAssertionType)
        form.set('client_assertion', assertion)
      },
      // The signature alone would do for a replay, because the rest can be guessed.
      isEchoedIn: (text) => assertions.some((assertion) => text.includes(assertion.slice(assertion.lastIndexOf('.') + 1))),
      accept: () => this.#accept(key),
      explainRefusal: (serverTime) => ({ finding: this.#compareClocks(sentAt, serverTime), remedy }),
    }
  }

  #inTime<Value>(value: Promise<Value>): Promise<Value> {
    return inTime(this.#clock, value, unavailable)
  }

  /** Dates the next assertion by the clock of the server if that is another; says so in a sentence. */
  #compareClocks(sentAt: number, serverTime: number | undefined): string | undefined {
    if (serverTime === undefined) return undefined
    const aheadMs = Math.max(0, serverTime - this.#clock.wallNow()) || Math.min(0, serverTime - sentAt)
    const difference = Math.abs(aheadMs) <= toleranceMs ? 0 : aheadMs
    const isTooFar = Math.abs(difference) > maxCorrectionMs
    if (!isTooFar && Math.abs(difference - this.#correctionMs) > toleranceMs) this.#correctionMs = difference
    if (difference === 0) return undefined
    const seconds = Math.round(Math.abs(difference) / 1000)
    return `The clock of this machine is ${seconds} s ${difference > 0 ? 'behind' : 'ahead of'} that of the server${isTooFar ? '; set it' : ''}.`
  }

  #accept({ identity, keyId }: SigningKey): void {
    this.#refused = undefined
    const isAnother = this.#lastUsed !== undefined && this.#lastUsed.identity !== identity
    this.#lastUsed = { identity }
    if (isAnother) this.#notify({ type: 'key-switched', keyId })
    if (isAnother) callAside(() => this.#auth.onKeyProven(keyId))
  }
}

/** False also where that cannot be told, as for two objects: a refused key must not be sent twice. */
function isAnotherKey(before: SigningKey, after: SigningKey): boolean {
  const isText = typeof before.material === 'string' && typeof after.material === 'string'
  return before.keyId !== after.keyId || (isText && before.material !== after.material)
}
