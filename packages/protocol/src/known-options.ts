// Objects that callers write by hand, such as options: a misspelt name must not silently turn a check off.

/**
 * Refuses a value that is not an object, and members that are not in `known`. Does not check the values.
 * @throws TypeError naming the first unknown name, and those that are known; it never repeats a value.
 */
export function refuseUnknownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${owner}: expected an object of options, found ${kindOf(options)}`)
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`${owner}: unknown option "${unknown}"; expected ${known.map((name) => `"${name}"`).join(', ')}`)
}

/** The kind of a value for an error message, never the value itself: a misplaced value may be a secret. */
export function kindOf(value: unknown): string {
  if (value === '') return 'an empty string'
  if (value === null) return 'null'
  return Array.isArray(value) ? `an array of ${value.length}` : typeof value
}
