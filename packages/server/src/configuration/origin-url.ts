// A URL that is only an origin (RFC 6454): of a server as a whole.
import { z } from 'zod'

export function originUrl(example: string): z.ZodString {
  return z.string().refine(isOrigin, `an http or https URL without a path, such as "${example}"`)
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return /^https?:$/.test(url.protocol) && url.origin === text
}
