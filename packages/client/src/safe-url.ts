// Which URLs may see a secret or a token: https, and plain http only where the bytes never leave the machine.

const loopbackHost = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** The URL, or `undefined` where it is not absolute, not encrypted (http is fine on loopback) or carries credentials. */
export function parseSafeUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const isEncrypted = url.protocol === 'https:'
  const isLoopback = url.protocol === 'http:' && loopbackHost.test(url.hostname)
  return (isEncrypted || isLoopback) && url.username === '' && url.password === '' ? url : undefined
}
