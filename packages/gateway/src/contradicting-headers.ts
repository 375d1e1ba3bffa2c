// Headers that would make the API behind the proxy serve another request than the one that was decided, or take the caller for another one.
import { asVariable, methodVariables } from './header-variables.ts'
import { identityNames } from './identity-headers.ts'

/** Some frameworks take their value for the path, others cut it off the path. */
const targetNames = new Set(['x_original_url', 'x_rewrite_url', 'x_override_url', 'x_original_uri'])
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
  const lengths = new Set([...alike, ...methodVariables, ...targetNames, ...cutNames].map(({ length }) => length))

  function findIn(name: string, value: string, method: string, target: string): string | undefined {
    if (name === 'connection' || name === 'trailer') {
      // A proxy drops the headers that it lists (RFC 9110 §7.6.1), among them what the proxy has set itself; a server may add what comes after
      // the body to the headers (§6.5).
      const listed = value.toLowerCase().split(',').map((each) => asVariable(each.trim())) // prettier-ignore
      return listed.some((each) => alike.has(each)) ? `"${name}" lists a header that says who is calling` : undefined
    }
    if (!lengths.has(name.length)) return undefined
    const variable = asVariable(name)
    if (methodVariables.has(variable)) return value.toUpperCase() === method ? undefined : `"${name}" names another method than the request`
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

function withoutOrigin(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '')
}
