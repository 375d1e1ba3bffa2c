// The path by which a request is decided, or why it has none. A proxy decides by one reading of a path and the API behind it serves by another:
// what two programs are known to read differently is not repaired here but denied, so that both readings are the same one.

export type NormalizedPath =
  | {
      readonly isAmbiguous: false
      /** Unreserved characters decoded, other encodings in capitals (RFC 3986 §6.2.2). */
      readonly path: string
      /** Decoded. The last one is empty if the path ends with a slash. */
      readonly segments: readonly string[]
    }
  | { readonly isAmbiguous: true; readonly why: string }

/** As much of a request line as most servers accept. Characters, with the query. */
export const maxTargetLength = 8192

// pchar without ";" and "%" (RFC 3986 §3.3), and "/".
const plain = /^\/[A-Za-z0-9._~!$&'()*+,=:@/-]*$/
const dotSegment = /\/\.{1,2}(?:\/|$)/

/** @param target path and query as they were sent (RFC 9112 §3.2.1) */
export function normalizePath(target: string): NormalizedPath {
  if (target.length > maxTargetLength) return ambiguous(`is longer than ${maxTargetLength} characters`)
  // A blank ends a target for HTTP, and two values of a header that a proxy has joined have one.
  if (/[\0-\x20\x7f]/.test(target)) return ambiguous('has a blank or a control character')
  if (target.includes('#')) return ambiguous('has a fragment ("#")')
  const end = target.indexOf('?')
  const sent = end < 0 ? target : target.slice(0, end)
  if (!sent.startsWith('/')) return ambiguous('does not begin with "/"')
  if (sent.includes('//')) return ambiguous('has an empty segment ("//")')
  const why = sent.includes('%') ? findEncodedFault(sent) : findPlainFault(sent)
  if (why !== undefined) return ambiguous(why)
  if (!sent.includes('%')) return { isAmbiguous: false, path: sent, segments: sent.slice(1).split('/') }
  return { isAmbiguous: false, path: withoutNeedlessEncoding(sent), segments: sent.slice(1).split('/').map(decodeURIComponent) }
}

function ambiguous(why: string): NormalizedPath {
  return { isAmbiguous: true, why }
}

function findPlainFault(path: string): string | undefined {
  // Clients remove them before they send; some servers do it and others do not.
  return findCharacterFault(path) ?? (dotSegment.test(path) ? 'has a segment "." or ".."' : undefined)
}

function findCharacterFault(path: string): string | undefined {
  if (path.includes('\\')) return 'has a backslash'
  // A parameter of a segment (RFC 3986 §3.3) for some servers, which drop it: "/..;/" is "/../" there.
  if (path.includes(';')) return 'has a ";"'
  return plain.test(path) ? undefined : 'has a character that must be percent-encoded'
}

function findEncodedFault(path: string): string | undefined {
  const fault = findCharacterFault(path.replace(/%[0-9A-Fa-f]{2}/g, ''))
  if (fault !== undefined) return fault
  if (/%(?:2[fF]|5[cC])/.test(path)) return 'has an encoded slash or backslash'
  if (/%25/.test(path)) return 'has an encoded "%", so that it may be decoded twice'
  if (/%(?:23|3[bBfF])/.test(path)) return 'has an encoded "#", ";" or "?"'
  if (/%(?:[01][0-9A-Fa-f]|7[fF])/.test(path)) return 'has an encoded control character'
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return 'is not UTF-8'
  }
  if (/\p{Cc}/u.test(decoded)) return 'has an encoded control character'
  return findLookalike(decoded)
}

/** Some servers map letters to the ASCII letters that they look like, such as a full-width slash, and cut blanks off. */
function findLookalike(path: string): string | undefined {
  if (isDotSegmentIn(path)) return 'has a segment "." or ".."'
  // Windows has a best fit for some that are no form of the same letter (bestfit1252.txt, bestfit932.txt).
  const mapped = path.normalize('NFKC').replace(/[\u2044\u2215]/g, '/').replace(/[\u20e5\u2216\u00a5\u20a9]/g, '\\').replaceAll('\u066a', '%') // prettier-ignore
  if (mapped === path) return undefined
  if (/[\\;#?%]/.test(mapped) || mapped.split('/').length !== path.split('/').length || isDotSegmentIn(mapped))
    return 'has a character that may be read as one with a meaning in paths'
  return undefined
}

/** Some file systems leave out characters that are not seen, as HFS+ does. */
function isDotSegmentIn(path: string): boolean {
  return path.split('/').some((segment) => /^\s*\.{1,2}\s*$/.test(segment.replace(/\p{Default_Ignorable_Code_Point}/gu, '')))
}

function withoutNeedlessEncoding(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}/g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase()
  })
}
