// Headers that would make the API behind the proxy serve another request than the one that was decided, or take the caller for another one.
import { identityNames } from './identity-headers.ts'

/** Some frameworks take their value for the method, others for the path. */
const methodNames = new Set(['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method'])
const targetNames = new Set(['x-original-url', 'x-rewrite-url', 'x-original-uri'])

export interface HeaderRules {
  /** In lower case. */
  readonly prefix: string
}

/**
 * Completes "The header …"; `undefined` if no header contradicts the request.
 * @param target path and query as the client sent them
 */
export type ContradictionFinder = (rawHeaders: readonly string[], method: string, target: string) => string | undefined

export function createContradictionFinder({ prefix }: HeaderRules): ContradictionFinder {
  const own = new Set(identityNames.map((name) => prefix + name))
  // As CGI, WSGI and their successors name a header: "X_Auth_Client_Id" and "X.Auth.Client.Id" are the same one there.
  const alike = new Set([...own].map(asVariable))
  const lengths = new Set([...own].map(({ length }) => length))

  function findIn(name: string, value: string, method: string, target: string): string | undefined {
    if (name === 'connection') {
      // A proxy drops the headers that it lists (RFC 9110 §7.6.1), among them what the proxy has set itself.
      const listed = value.toLowerCase().split(',').map((each) => asVariable(each.trim())) // prettier-ignore
      return listed.some((each) => alike.has(each)) ? '"Connection" lists a header that says who is calling' : undefined
    }
    if (methodNames.has(name)) return value.toUpperCase() === method ? undefined : `"${name}" names another method than the request`
    if (targetNames.has(name)) return withoutOrigin(value) === target ? undefined : `"${name}" names another path than the request`
    if (lengths.has(name.length) && !own.has(name) && alike.has(asVariable(name)))
      return 'has a name that may be taken for one that says who is calling'
    return undefined
  }

  return (rawHeaders, method, target) => {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const fault = findIn(rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1] ?? '', method, target)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

function asVariable(name: string): string {
  return name.replace(/[^a-z0-9]/g, '_')
}

function withoutOrigin(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '')
}
