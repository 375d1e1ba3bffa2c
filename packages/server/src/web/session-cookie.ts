// The cookie of a session. Over https its name begins with "__Host-": a browser takes such a cookie only from this host and over https, so
// that no other host can plant one. On a loopback address without TLS a browser would refuse that name.
export interface SessionCookie {
  readonly name: string
  /** Undefined without the cookie, and with two of its name: one of them was planted. */
  read(rawHeaders: readonly string[]): string | undefined
  /** The value of `Set-Cookie`. */
  set(token: string): string
  readonly cleared: string
}

export function createSessionCookie(mount: string, publicUrl: string): SessionCookie {
  const isSecure = new URL(publicUrl).protocol === 'https:'
  const name = `${isSecure ? '__Host-' : ''}countersign-${mount}`
  const attributes = `; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return {
    name,
    read(rawHeaders) {
      const values = cookiesOf(rawHeaders).filter(([found]) => found === name)
      return values.length === 1 ? values[0]![1] : undefined
    },
    set: (token) => `${name}=${token}${attributes}`,
    cleared: `${name}=; Max-Age=0${attributes}`,
  }
}

/** RFC 6265 §5.4; HTTP/2 may split the header. */
export function cookiesOf(rawHeaders: readonly string[]): (readonly [name: string, value: string])[] {
  const headers = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === 'cookie')
  return headers.flatMap((header) =>
    header.split(';').map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name.trim(), value.join('=').trim()] as const
    }),
  )
}
