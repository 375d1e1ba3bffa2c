// Which URLs may receive a secret or a token: https, and http only on loopback.
import { isLoopbackHost } from './loopback.ts'

/** The URL; `undefined` for text that is not an absolute URL, is not encrypted (http is allowed on loopback) or contains credentials. */
export function parseSafeUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
  return isSafe && url.username === '' && url.password === '' ? url : undefined
}
