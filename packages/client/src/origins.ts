// The origins that may see the token. A fetch that carries a token and is used for another origin is a bug of its caller,
// so it is told so, instead of a request that goes out without the token and comes back as a riddling 401.
import { checkKeys } from './options.ts'
import { parseSafeUrl } from './safe-url.ts'

export interface BearerOptions {
  /** Where the token may go, each as `https://host[:port]`; http only on loopback. */
  readonly origins: readonly string[]
}

/** The checked list of origins of one adapter. */
export class Origins {
  readonly #adapter: string
  readonly #listed: ReadonlySet<string>

  /** @throws TypeError where `options` is not exactly a list of origins. */
  constructor(adapter: string, options: BearerOptions) {
    checkKeys(adapter, options, ['origins'])
    if (!Array.isArray(options.origins) || options.origins.length === 0)
      throw new TypeError(`${adapter}: "origins" must list at least one origin, such as ["https://api.example.com"]`)
    for (const [index, origin] of options.origins.entries()) {
      if (typeof origin === 'string' && parseSafeUrl(origin)?.origin === origin) continue
      throw new TypeError(
        `${adapter}: "origins[${index}]" must be an https origin without a path (http only on loopback), ` +
          `such as "https://api.example.com"; found ${JSON.stringify(origin)}`,
      )
    }
    this.#adapter = adapter
    this.#listed = new Set(options.origins)
  }

  includes(url: string): boolean {
    return URL.canParse(url) && this.#listed.has(new URL(url).origin)
  }

  /** @throws TypeError where the token must not go to `url`. */
  assertIncludes(url: string): void {
    if (this.includes(url)) return
    const target = URL.canParse(url) ? `to "${new URL(url).origin}"` : 'by a relative URL, whose origin is unknown'
    throw new TypeError(
      `${this.#adapter}: the token is not sent ${target}; allowed origins are ${[...this.#listed].map((origin) => `"${origin}"`).join(', ')}. ` +
        'Add the origin to "origins", or use a plain client for it.',
    )
  }
}
