// Text of a server that is not trusted, made safe for errors and logs.

/** One line of at most 500 characters; `undefined` if it is no text, or if it echoes credentials. */
export function toPrintable(text: unknown, isEchoedIn: (text: string) => boolean): string | undefined {
  if (typeof text !== 'string' || text === '' || isEchoedIn(text)) return undefined
  return text.replace(/[^\x20-\x7E]+/g, ' ').slice(0, 500)
}

/** The value of an `X-Request-Id`, if it is safe to log. */
export function toRequestId(text: unknown): string | undefined {
  return typeof text === 'string' ? /^[A-Za-z0-9._-]{1,64}$/.exec(text)?.[0] : undefined
}

/** A URL for errors and logs: a query may have the key of an API gateway in it. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
