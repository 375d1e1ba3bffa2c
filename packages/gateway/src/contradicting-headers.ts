// Headers that would make the API behind the proxy serve another request than the one that was decided, or take the caller for another one.
import { identityNames } from './identity-headers.ts'

// Compared as CGI, WSGI and their successors name a header: "X_Auth_Client_Id" and "X.Auth.Client.Id" are the same one there.

/** Some frameworks take their value for the method, others for the path, and a third kind cuts it off the path. */
const methodNames = new Set(['x_http_method_override', 'x_http_method', 'x_method_override', 'x_original_method'])
const targetNames = new Set(['x_original_url', 'x_rewrite_url', 'x_original_uri'])
const cutNames = new Set(['script_name', 'x_script_name', 'path_info'])

export interface HeaderRules {
  /** In lower case. */
  readonly prefix: string
  /** In lower case: the header that may name the partner. */
  readonly partnerHeader: string
}

/**
 * Completes "The header …"; `undefined` if no header contradicts the request.
 * @param target path and query as the client sent them
 */
export type ContradictionFinder = (rawHeaders: readonly string[], method: string, target: string) => string | undefined

export function createContradictionFinder({ prefix, partnerHeader }: HeaderRules): ContradictionFinder {
  const own = new Set([...identityNames.map((name) => prefix + name), partnerHeader, 'requestor-id'])
  const alike = new Set([...own].map(asVariable))
  const lengths = new Set([...alike, ...methodNames, ...targetNames, ...cutNames].map(({ length }) => length))

  function findIn(name: string, value: string, method: string, target: string): string | undefined {
    if (name === 'connection') {
      // A proxy drops the headers that it lists (RFC 9110 §7.6.1), among them what the proxy has set itself.
      const listed = value.toLowerCase().split(',').map((each) => asVariable(each.trim())) // prettier-ignore
      return listed.some((each) => alike.has(each)) ? '"Connection" lists a header that says who is calling' : undefined
    }
    if (!lengths.has(name.length)) return undefined
    const variable = asVariable(name)
    if (methodNames.has(variable)) return value.toUpperCase() === method ? undefined : `"${name}" names another method than the request`
    if (targetNames.has(variable)) return withoutOrigin(value) === target ? undefined : `"${name}" names another path than the request`
    if (cutNames.has(variable)) return value === '' ? undefined : `"${name}" changes the path of the request`
    if (alike.has(variable) && !own.has(name)) return 'has a name that may be taken for one that says who is calling'
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
