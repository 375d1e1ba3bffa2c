// The scope parameter and claim: a set of case-sensitive tokens with single spaces between them (RFC 6749 §3.3).

// NQCHAR: %x21 / %x23-5B / %x5D-7E, so neither space, double quote nor backslash.
const scopeGrammar = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/

/** Thrown by {@link parseScope}; the message never repeats the input. */
export class ScopeSyntaxError extends Error {
  override name = 'ScopeSyntaxError'
}

/** Whether `value` is one scope token (RFC 6749 §3.3). */
export function isScopeToken(value: string): boolean {
  return scopeGrammar.test(value) && !value.includes(' ')
}

/**
 * Splits a scope string into its distinct tokens, in the order of their first appearance. `''` gives `[]`. The cost is
 * linear in the length, which is not limited here.
 * @throws ScopeSyntaxError if the string does not match the grammar of RFC 6749 §3.3.
 */
export function parseScope(scope: string): string[] {
  if (scope === '') return []
  if (!scopeGrammar.test(scope))
    throw new ScopeSyntaxError('A scope is a list of printable ASCII tokens with exactly one space between them')
  return [...new Set(scope.split(' '))]
}

/** Joins scope tokens into their wire form (RFC 6749 §3.3). Does not check them. */
export function formatScope(tokens: readonly string[]): string {
  return tokens.join(' ')
}
