// What a realm's `issuer` and `aliases` may be in the configuration file.
import { z } from 'zod'
import { isLoopbackHost } from '@countersign/protocol'

const segments = '(?:/[A-Za-z0-9._~-]+)+'
const expectedPath = 'a path such as "/realms/nt24-idp", without a trailing slash, query or fragment'
const expectedIssuer =
  'a path such as "/realms/nt24-idp", or a URL such as "https://auth.example.com/realms/nt24-idp", without a trailing slash, query or fragment'

export const urlPath = z
  .string()
  .regex(new RegExp(`^(?:/|${segments})$`), { error: expectedPath, abort: true })
  .refine(hasNoDots, 'a path without "." and ".." as segments')

export const aliasPath = z
  .string()
  .regex(new RegExp(`^${segments}$`), { error: expectedPath, abort: true })
  .refine(hasNoDots, 'a path without "." and ".." as segments')

/** A path below publicUrl, or a URL, which is the `iss` of the tokens character by character. */
export const issuer = z
  .string()
  .regex(new RegExp(`^(?:https?://[A-Za-z0-9.:\\[\\]-]+(?:${segments})?|/|${segments})$`), { error: expectedIssuer, abort: true })
  .refine(hasNoDots, { error: 'a path without "." and ".." as segments', abort: true })
  .superRefine((text, context) => {
    if (text.startsWith('/')) return
    const fault = whatIsWrong(text)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, continue: false })
  })

function whatIsWrong(text: string): string | undefined {
  if (!URL.canParse(text)) return expectedIssuer
  const { origin, protocol, hostname } = new URL(text)
  // Verifiers compare the issuer as text.
  if (!`${text}/`.startsWith(`${origin}/`)) return `the URL as programs write it, beginning with "${origin}"`
  if (protocol !== 'https:' && !isLoopbackHost(hostname)) return 'an https URL (http only on loopback)'
  return undefined
}

function hasNoDots(text: string): boolean {
  return !/\/\.{1,2}(?:\/|$)/.test(text)
}

/** The origin of a configured issuer, and its path, '' for the root. */
export function splitIssuer(configured: string, publicUrl: string): { readonly origin: string; readonly path: string } {
  if (configured.startsWith('/')) return { origin: publicUrl, path: configured === '/' ? '' : configured }
  const { origin } = new URL(configured)
  return { origin, path: configured.slice(origin.length) }
}
