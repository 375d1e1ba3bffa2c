// Which URLs may be sent a secret or a token: https, and http only where the bytes never leave the machine.
import { isLoopbackHost } from './loopback.ts'

/** The URL; `undefined` for what is no absolute URL, is not encrypted (http is allowed on loopback) or carries credentials. */
export function parseSafeUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
  return isSafe && url.username === '' && url.password === '' ? url : undefined
}
