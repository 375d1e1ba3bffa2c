// Decides the scope of a token (RFC 6749 §3.3): all scopes of the client if it requests none, exactly the requested ones if it
// has all of them, an error otherwise. A request is never narrowed silently. `openid` is left out where it is only tolerated.
import { maxScopeLength } from '@countersign/admin'
import { formatScope, parseScope, ScopeSyntaxError } from '@countersign/protocol'
import { OAuthError } from '../errors.ts'
import { openidScope } from '../realms/openid-scope.ts'

export interface Grant {
  /** The scope of the token, in its wire form. */
  readonly scope: string
  /** That of the response: with `openid` if it was requested and tolerated. */
  readonly answered: string
}

/**
 * @param toleratesOpenid whether `openid` may be requested by clients that do not have it, as if it had not been sent
 * @throws OAuthError `invalid-scope`
 */
export function grantScope(allowed: readonly string[], requested: string | undefined, toleratesOpenid: boolean): Grant {
  if (requested === undefined) return asRequested(formatScope(allowed))
  if (!toleratesOpenid || allowed.includes(openidScope)) return asRequested(grantExactly(allowed, parseScopeOrRefuse(requested, 0)))
  const scopes = parseScopeOrRefuse(requested, openidScope.length + 1)
  const others = scopes.filter((scope) => scope !== openidScope)
  const scope = others.length === 0 ? formatScope(allowed) : grantExactly(allowed, others)
  return others.length === scopes.length ? asRequested(scope) : { scope, answered: formatScope([openidScope, ...parseScope(scope)]) }
}

function asRequested(scope: string): Grant {
  return { scope, answered: scope }
}

function grantExactly(allowed: readonly string[], scopes: readonly string[]): string {
  const granted = new Set(allowed)
  if (!scopes.every((scope) => granted.has(scope))) {
    throw new OAuthError('invalid-scope', { reason: 'scope-not-granted', description: describeAllowed(allowed) })
  }
  return formatScope(scopes)
}

/** @param extraLength of scope tokens that need not be granted */
function parseScopeOrRefuse(requested: string, extraLength: number): string[] {
  try {
    // No client has a longer list, so a longer request repeats scopes or contains some that it does not have.
    if (requested.length > maxScopeLength + extraLength) throw new ScopeSyntaxError('The scope is too long')
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
