// Headers that must appear once. Node keeps the first of two Authorization headers and silently drops the second, so a proxy and the
// server behind it could read different ones.

/**
 * The one value of a header in Node's `rawHeaders` (name, value, name, value, ...), `'repeated'` if it was sent more than
 * once, `undefined` if not at all. `name` is lower case.
 */
export function readSingleHeader(rawHeaders: readonly string[], name: string): string | 'repeated' | undefined {
  let found: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i]
    if (candidate === undefined || candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    if (found !== undefined) return 'repeated'
    found = rawHeaders[i + 1] ?? ''
  }
  return found
}
