// The header If-Match of a write (RFC 9110 §13.1.1). The ETags of this API are version numbers in quotes.
import { ProblemError } from '../errors.ts'

/**
 * The versions of which the changed resource must have one; undefined without one and for "*". A weak ETag and one that is not ours are valid, but match no version: the
 * comparison is strong (decisions/046).
 * @throws ProblemError `invalid-request`
 */
export function parseIfMatch(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header === '*') return undefined
  const versions: number[] = []
  let tags = 0
  // A list may have empty elements (RFC 9110 §5.6.1).
  const element = /(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,[ \t]*|$)/y
  while (element.lastIndex < header.length) {
    const [found, weak, opaque] = element.exec(header) ?? []
    if (found === undefined) throw notETags()
    if (opaque === undefined) continue
    tags++
    if (weak === undefined && /^[1-9]\d{0,14}$/.test(opaque)) versions.push(Number(opaque))
  }
  if (tags === 0) throw notETags()
  return versions
}

/** @throws ProblemError `precondition-failed` */
export function refuseOutdated(expected: readonly number[] | undefined, current: number): void {
  if (expected === undefined || expected.includes(current)) return
  if (expected.length > 0)
    throw new ProblemError('precondition-failed', {
      detail: `The version in If-Match is ${expected.slice(0, 10).join(' or ')}, the current one is ${current}.`,
    })
  throw new ProblemError('precondition-failed', {
    detail: `If-Match has no strong ETag of this API; the current version is ${current}.`,
    remedy:
      'Send the "version" of the resource as you read it, in quotes, such as "7". An ETag that begins with W/ never matches: a proxy that compresses responses makes it weak.',
  })
}

function notETags(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'The header If-Match is not a list of ETags.',
    remedy: 'Send the ETag that the resource was read with, such as "7" with the quotes, or * for any version.',
  })
}
