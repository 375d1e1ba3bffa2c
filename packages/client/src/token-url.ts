// Where tokens are requested: the URL of the options, or what the metadata of the issuer name. The metadata are read once, and again only
// when what they named is gone.
import { discoverUrl } from './discovery.ts'
import { ExchangeError } from './exchange-error.ts'
import { rethrow } from './json-request.ts'
import type { Settings } from './options.ts'
import { TokenRequestError } from './token-request-error.ts'

/** Between two readings of the metadata, so that an endpoint that stays gone does not double the requests. Milliseconds. */
const minReadingDistanceMs = 60_000

export class TokenUrl {
  readonly #settings: Settings
  #found: Promise<string> | undefined
  #again: Promise<string | undefined> | undefined
  #readAt = -Infinity

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** @throws TokenRequestError */
  async find(): Promise<string> {
    const { server } = this.#settings
    if ('tokenUrl' in server) return server.tokenUrl
    this.#found ??= this.#read(server.issuer).catch(rethrow)
    try {
      return await this.#found
    } catch (error) {
      this.#found = undefined
      throw error
    }
  }

  /**
   * The URL that replaced `goneUrl`; undefined if there is none, or if `failure` does not say that it is gone. What was read last stays in
   * use if the metadata cannot be read.
   * @throws TokenRequestError if the metadata are now those of another issuer, or name an endpoint at another origin
   */
  async findSuccessor(goneUrl: string, failure: unknown): Promise<string | undefined> {
    const { server, clock } = this.#settings
    if ('tokenUrl' in server || !saysGone(failure)) return undefined
    const known = await this.find()
    if (known !== goneUrl) return known // Another request has read it meanwhile.
    if (this.#again === undefined && clock.now() < this.#readAt + minReadingDistanceMs) return undefined
    this.#again ??= this.#readAgain(server.issuer, goneUrl).finally(() => (this.#again = undefined))
    return this.#again
  }

  async #readAgain(issuer: string, goneUrl: string): Promise<string | undefined> {
    const { clock, notify } = this.#settings
    const startedAt = clock.now()
    const report = (changed: boolean) => notify({ type: 'discovery-reread', changed, durationMs: clock.now() - startedAt })
    try {
      const found = await this.#read(issuer)
      report(found !== goneUrl)
      if (found === goneUrl) return undefined
      this.#found = Promise.resolve(found)
      return found
    } catch (error) {
      report(false)
      if (error instanceof ExchangeError && (error.code === 'wrong_issuer' || error.code === 'untrusted_endpoint')) rethrow(error)
      return undefined
    }
  }

  #read(issuer: string): Promise<string> {
    this.#readAt = this.#settings.clock.now()
    return discoverUrl(this.#settings, issuer, 'token_endpoint')
  }
}

/** Not for a connection that fails: the endpoint is at the origin of the issuer, so its metadata cannot be read either. */
function saysGone(failure: unknown): boolean {
  if (!(failure instanceof TokenRequestError)) return false
  return failure.status === 404 || failure.status === 410 || failure.code === 'redirect'
}
