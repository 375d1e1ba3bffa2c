// The origins that may receive the token. A request to another origin is a bug of the caller and throws: sent without the
// token, it would come back as a 401 that is hard to explain.
import { kindOf, parseSafeUrl } from '@countersign/protocol'

/** The validated list of origins of one adapter. */
export class Origins {
  readonly #adapter: string
  readonly #listed: ReadonlySet<string>

  /** @throws TypeError if `listed` is no list of origins. */
  constructor(adapter: string, listed: readonly string[]) {
    if (!Array.isArray(listed) || listed.length === 0)
      throw new TypeError(`${adapter}: "origins" must list at least one origin, such as ["https://api.example.com"]`)
    for (const [index, origin] of listed.entries()) {
      if (parseSafeUrl(origin)?.origin === origin) continue
      throw new TypeError(
        `${adapter}: "origins[${index}]" must be an https origin without a path (http only on loopback), ` +
          `such as "https://api.example.com"; found ${show(origin)}`,
      )
    }
    this.#adapter = adapter
    this.#listed = new Set(listed)
  }

  includes(url: string): boolean {
    return URL.canParse(url) && this.#listed.has(new URL(url).origin)
  }

  /** @throws TypeError if the token must not be sent to `url`, which is never repeated: it may have a password in it. */
  assertIncludes(url: string): void {
    if (this.includes(url)) {
      if (!hasCredentials(url)) return
      throw new TypeError(
        `${this.#adapter}: the URL of the request contains a user name or a password; remove it, the token takes its place`,
      )
    }
    const target = URL.canParse(url) ? `to "${new URL(url).origin}"` : 'by a relative URL, whose origin is unknown'
    throw new TypeError(
      `${this.#adapter}: the token is not sent ${target}; allowed origins are ${[...this.#listed].map((origin) => `"${origin}"`).join(', ')}. ` +
        'Add the origin to "origins", or use a plain client for it.',
    )
  }
}

function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

/** A misplaced value may be a secret, and a URL may have a password in it. */
function show(origin: unknown): string {
  if (typeof origin !== 'string' || origin === '') return kindOf(origin)
  return origin.includes('@') ? 'one with credentials' : `"${origin.slice(0, 200)}"`
}
