// What is kept of a User-Agent: it is the caller's text, and callers put secrets into the wrong header.
import { looksLikeSecret } from '../keys/secret-format.ts'

const maxLength = 100
/** A secret of another server, or a part of a token: names and versions of programs have no such words. */
const longWord = /[A-Za-z0-9_+/=-]{32}/

export function readUserAgent(header: string | undefined): string {
  if (header === undefined) return '(none)'
  if (looksLikeSecret(header) || header.includes('eyJ') || longWord.test(header)) return '(hidden: it may be a secret)'
  if (/^[!-~](?:[ -~]{0,98}[!-~])?$/.test(header)) return header
  const visible = header
    .replace(/[^ -~]+/g, '?')
    .trim()
    .slice(0, maxLength)
    .trim()
  return visible === '' ? '(none)' : visible
}
