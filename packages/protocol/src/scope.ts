// The scope parameter and claim: a set of case-sensitive tokens with single spaces between them (RFC 6749 §3.3).

// NQCHAR: %x21 / %x23-5B / %x5D-7E, so neither space, double quote nor backslash.
const scopeGrammar = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/

/** Thrown by {@link parseScope}; the message never repeats the input. */
export class ScopeSyntaxError extends Error {
  override name = 'ScopeSyntaxError'
}

/** True for a single scope token. */
export function isScopeToken(value: string): boolean {
  return scopeGrammar.test(value) && !value.includes(' ')
}

/**
 * Reads a scope string into its distinct tokens, in the order of their first appearance. `''` gives `[]`.
 * @throws ScopeSyntaxError where RFC 6749 §3.3 is broken. Cost is linear in the length.
 */
export function parseScope(scope: string): string[] {
  if (scope === '') return []
  if (!scopeGrammar.test(scope))
    throw new ScopeSyntaxError('A scope is a list of printable ASCII tokens with exactly one space between them')
  return [...new Set(scope.split(' '))]
}

/** The wire form of a list of scope tokens. */
export function formatScope(tokens: readonly string[]): string {
  return tokens.join(' ')
}
