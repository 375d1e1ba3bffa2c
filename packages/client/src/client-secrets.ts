// The secrets of one client: the order in which to try them, and which of them has obtained a token. During a rotation the
// server accepts two secrets at some moments and one at others, and does not tell the client when.
import { findCredentialFault, kindOf } from '@countersign/protocol'
import type { Clock } from './clock.ts'
import { reasonOf } from './exchange-error.ts'
import { inTime } from './time-limit.ts'
import { callAside, type TokenEvent } from './token-events.ts'
import { TokenRequestError } from './token-request-error.ts'

/** What a function returns, such as the lines of a file: one or two secrets, the newer first. */
type FoundSecrets = string | readonly string[]

/** A string, `[newer, older]` during a rotation, or a function that returns one or two, for secrets that change on disk. */
export type ClientSecret = string | readonly [newer: string, older: string] | (() => FoundSecrets | Promise<FoundSecrets>)

/**
 * A newer secret that was refused is retried: a node of the server may not have known it yet, and the rotation cannot end
 * while the older one is in use. With exponential backoff, because a server may block addresses with failed logins.
 */
const secondChance = { firstMs: 60_000, maxMs: 3_600_000 }

export class ClientSecrets {
  #source: ClientSecret
  readonly #onProven: () => void
  readonly #clock: Clock
  readonly #notify: (event: TokenEvent) => void
  /** The result of the last read. */
  #known: readonly string[] = []
  /** The secret of {@link #known} that obtained a token; an older one is tried first until the newer is retried. */
  #winner: string | undefined
  #secondChanceAt = -Infinity
  #chances = 0
  /** The secret that obtained the last token, even if it is not in {@link #known} any more. */
  #lastUsed: string | undefined

  constructor(source: ClientSecret, onProven: () => void, clock: Clock, notify: (event: TokenEvent) => void = () => {}) {
    this.#source = checkSource(source)
    this.#onProven = onProven
    this.#clock = clock
    this.#notify = notify
  }

  replace(source: ClientSecret): void {
    this.#source = checkSource(source)
  }

  /** The secrets in the order in which to try them: the newer first, because only a token request proves it. */
  async inOrder(): Promise<readonly string[]> {
    const secrets = await this.#read()
    if (secrets.length !== this.#known.length || secrets.some((secret, index) => secret !== this.#known[index])) {
      this.#known = secrets
      this.#winner = undefined
      this.#secondChanceAt = -Infinity
      this.#chances = 0
    }
    const winner = this.#clock.now() < this.#secondChanceAt ? this.#winner : undefined
    return winner === undefined ? secrets : [winner, ...secrets.filter((secret) => secret !== winner)]
  }

  /**
   * For secrets that were all refused: what the function returns now and they do not contain. A secret may have been replaced since it was
   * read; without this, the client would pause with the right one at hand.
   */
  async notAmong(refused: readonly string[]): Promise<readonly string[]> {
    if (!this.isReadAgain) return []
    return (await this.inOrder()).filter((secret) => !refused.includes(secret))
  }

  get isReadAgain(): boolean {
    return typeof this.#source === 'function'
  }

  /** Records that `secret` has obtained a token. */
  prove(secret: string): void {
    if (!this.#known.includes(secret)) return // The response to a request from before the secrets were replaced.
    const isRotation = this.#lastUsed !== undefined || this.#known.length > 1
    const isNewlyProven = secret === this.#known[0] && secret !== this.#lastUsed
    if (this.#lastUsed !== undefined && secret !== this.#lastUsed)
      this.#notify({ type: 'secret-switched', to: secret === this.#known[0] ? 'newer' : 'older' })
    this.#winner = secret
    this.#lastUsed = secret
    this.#planSecondChance(secret === this.#known[0])
    if (isRotation && isNewlyProven) callAside(this.#onProven)
  }

  #planSecondChance(isNewerProven: boolean): void {
    const now = this.#clock.now()
    if (isNewerProven) {
      this.#secondChanceAt = Infinity
      this.#chances = 0
    } else if (now >= this.#secondChanceAt || this.#secondChanceAt === Infinity) {
      this.#secondChanceAt = now + Math.min(secondChance.maxMs, secondChance.firstMs * 2 ** this.#chances)
      this.#chances += 1
    }
  }

  async #read(): Promise<readonly string[]> {
    if (typeof this.#source !== 'function') return toList(this.#source)
    const found = await readOrRefuse(this.#source, this.#clock)
    try {
      return toList(found)
    } catch (cause) {
      const summary = `The client secret could not be read: ${(cause as TypeError).message}.`
      throw new TokenRequestError({ code: 'secret_unavailable', summary, cause })
    }
  }
}

/** Throws without a cause: the error of a function that reads secrets may quote them; those of this package do not. */
async function readOrRefuse(read: () => FoundSecrets | Promise<FoundSecrets>, clock: Clock): Promise<FoundSecrets> {
  const reading = async () => read()
  try {
    return await inTime(clock, reading(), unavailable)
  } catch (error) {
    if (error instanceof TokenRequestError && error.code === 'secret_unavailable') throw error
    throw unavailable(reasonOf(error))
  }
}

function unavailable(reason: string): TokenRequestError {
  return new TokenRequestError({ code: 'secret_unavailable', summary: `The client secret could not be read (${reason}).` })
}

function checkSource(source: ClientSecret): ClientSecret {
  if (typeof source !== 'function') toList(source)
  return source
}

function toList(secrets: FoundSecrets): readonly string[] {
  const list = typeof secrets === 'string' ? [secrets] : secrets
  const isValid = Array.isArray(list) && list.length >= 1 && list.length <= 2 && list.every((one) => typeof one === 'string' && one !== '')
  if (!isValid)
    throw new TypeError(
      `"clientSecret" must be a non-empty string, [newer, older], or a function returning either; found ${kindOf(secrets)}`,
    )
  for (const secret of list) {
    const fault = findCredentialFault(secret)
    if (fault !== undefined) throw new TypeError(`"clientSecret" ${fault}; it was not sent`)
  }
  return [...new Set<string>(list)]
}
