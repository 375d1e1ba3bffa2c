// Decides the scope of a token (RFC 6749 §3.3): all scopes of the client if it requests none, exactly the requested ones if it
// has all of them, an error otherwise. A request is never narrowed silently.
import { maxScopeLength } from '@countersign/admin'
import { formatScope, parseScope, ScopeSyntaxError } from '@countersign/protocol'
import { OAuthError } from '../errors.ts'

/** Returns the granted scope in its wire form. @throws OAuthError `invalid-scope` */
export function grantScope(allowed: readonly string[], requested: string | undefined): string {
  if (requested === undefined) return formatScope(allowed)
  const scopes = parseScopeOrRefuse(requested)
  const granted = new Set(allowed)
  if (!scopes.every((scope) => granted.has(scope))) {
    throw new OAuthError('invalid-scope', { reason: 'scope-not-granted', description: describeAllowed(allowed) })
  }
  return formatScope(scopes)
}

function parseScopeOrRefuse(requested: string): string[] {
  try {
    // No client has a longer list, so a longer request repeats scopes or contains some that it does not have.
    if (requested.length > maxScopeLength) throw new ScopeSyntaxError('The scope is too long')
    return parseScope(requested)
  } catch (error) {
    if (!(error instanceof ScopeSyntaxError)) throw error
    throw new OAuthError('invalid-scope', {
      reason: 'scope-malformed',
      description: 'The scope is malformed. Separate scope tokens by exactly one space (RFC 6749 section 3.3).',
    })
  }
}

/** The client has authenticated, so the error may list its scopes. */
function describeAllowed(allowed: readonly string[]): string {
  const list = allowed.length === 0 ? 'no scope' : `only ${formatScope(allowed.slice(0, 20))}${allowed.length > 20 ? ' and more' : ''}`
  return `A requested scope is not granted to this client, which has ${list}. Leave scope out to get all of it.`
}
