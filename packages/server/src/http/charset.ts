// The charset that a Content-Type names. Bodies are read as UTF-8; another label is accepted where the body means the same under it:
// Apache HttpClient labels a form ISO-8859-1, although a form-encoded body is all ASCII.
import { isAscii, isUtf8 } from 'node:buffer'

/** RFC 9110 §5.6.6. Blanks around "=" are no valid syntax, but what they name must not be overlooked either. */
const parameterPattern = /;[\t ]*([^\t ;="]+)[\t ]*=[\t ]*("(?:[^"\\]|\\.)*"|[^;"]*)/g

/** The values of all `charset` parameters of a Content-Type, in lower case. */
export function charsetsOf(contentType: string): string[] {
  const charsets: string[] = []
  for (const [, name = '', value = ''] of contentType.matchAll(parameterPattern))
    if (name.toLowerCase() === 'charset') charsets.push(unquote(value.trim()).toLowerCase())
  return charsets
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
}

/** The body is decoded for each of them, and a header has room for a thousand. */
const maxCharsets = 4

/** Why a body cannot be read as UTF-8, or undefined if it can: it is UTF-8, and each charset that it is labelled with gives the same text. */
export function refuseCharset(body: Buffer, charsets: readonly string[]): 'not-utf-8' | 'other-charset' | undefined {
  const different = new Set(charsets)
  if (different.size > maxCharsets || !different.values().every((charset) => readsAlike(body, charset))) return 'other-charset'
  return isUtf8(body) ? undefined : 'not-utf-8'
}

/** Names of supersets of ASCII that TextDecoder does not know: ASCII itself as Java and Solaris call it, and the code pages of DOS. */
const otherSupersets = /^(?:iso-?646-us|646|iso-ir-6|(?:cp|ibm)-?0*(?:367|437|737|775|85[02578]|86[0-69]))$/

function readsAlike(body: Buffer, charset: string): boolean {
  if (charset === 'utf-8' || charset === 'utf8') return true
  const decoder = createDecoder(charset) ?? createDecoder(charset.replaceAll('_', '-')) // Java's older names: ISO8859_1
  if (decoder?.encoding === 'utf-8') return true
  if (!isAscii(body)) return false
  return decoder ? decoder.decode(body) === body.toString('latin1') : otherSupersets.test(charset)
}

function createDecoder(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset)
  } catch {
    return undefined
  }
}
