// Decides what a token is for and what it may (RFC 6749 §3.3, RFC 8707 §2): the default scopes of the client if it requests none, exactly
// the requested ones if it has all of them, an error otherwise. A request is never narrowed silently. In realms with Keycloak's rule the
// default scopes are granted in addition. `openid` is only named where it is tolerated.
import { maxScopeLength } from '@countersign/admin'
import { formatScope, parseScope, ScopeSyntaxError } from '@countersign/protocol'
import type { OAuthForm } from '../api/form.ts'
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { ClientRecord } from '../cache/records.ts'
import { OAuthError } from '../errors.ts'
import { openidIn, openidScope } from '../realms/openid-scope.ts'
import type { Realm } from '../realms/realm.ts'
import { chooseApi, isScopeOf, mayTarget } from './choose-api.ts'

export interface Granted {
  /** The scopes that act, also those that are not shown. */
  readonly scopes: readonly string[]
  /** The scope of the token, in its wire form. */
  readonly scope: string
  /** That of the response: with `openid` if it was requested and tolerated. */
  readonly answered: string
  /** The API that the request chose; undefined if the token has its default audiences. */
  readonly api: string | undefined
}

/** @throws OAuthError `invalid-scope`, `invalid-target`; DamagedRowError if a claim set that decides cannot be read */
export function grantScope(
  realm: Realm,
  client: ClientRecord,
  claimSets: Pick<ClaimSets, 'get'>,
  form: Pick<OAuthForm, 'scope' | 'resource' | 'audience'>,
): Granted {
  const target = readTarget(realm, client, claimSets, form)
  const openid = openidIn(realm)
  const isTolerated = openid !== 'unknown' && !client.scopes.includes(openidScope)
  const requested = form.scope === undefined ? noScopes : parseScopeOrRefuse(form.scope, isTolerated ? openidScope.length + 1 : 0)
  const others = isTolerated && requested.includes(openidScope) ? requested.filter((scope) => scope !== openidScope) : requested
  refuseOthers(client, others)
  const api = chooseApi(realm, client, others, target)
  const scopes = onlyOf(realm, api, withDefaults(realm, client, others))
  const shown = onlyShown(realm, client, scopes)
  const isOpenid = others.length < requested.length
  const answered = formatScope(isOpenid ? [openidScope, ...shown] : shown)
  const scope = isOpenid && openid !== 'named' ? formatScope(shown) : answered
  return { scopes, scope, answered, api: target ?? (api === realm.audience ? undefined : api) }
}

const noScopes: readonly string[] = []

// Filters only where a scope can be left out: a copy of the frozen lists of a client takes a microsecond of each token.

function onlyOf(realm: Realm, api: string | undefined, scopes: readonly string[]): readonly string[] {
  return realm.apis.size === 0 ? scopes : scopes.filter((scope) => isScopeOf(realm, scope, api))
}

function onlyShown({ hiddenScopes }: Realm, { grants }: ClientRecord, scopes: readonly string[]): readonly string[] {
  if (hiddenScopes.size === 0 && (grants?.ofScopes.size ?? 0) === 0) return scopes
  return scopes.filter((scope) => grants?.ofScopes.get(scope)?.shown ?? !hiddenScopes.has(scope))
}

/** @param requested none for the default scopes */
function withDefaults({ compatibility }: Realm, { scopes, defaultScopes }: ClientRecord, requested: readonly string[]): readonly string[] {
  if (requested.length === 0) return defaultScopes ?? scopes
  if (defaultScopes === null || !compatibility.defaultScopesAlwaysGranted) return requested
  return [...new Set([...defaultScopes, ...requested])]
}

/** RFC 8707 §2: the client can name one API that it may call. `audience` means the same, and is not in a standard. */
function readTarget(
  realm: Realm,
  client: ClientRecord,
  claimSets: Pick<ClaimSets, 'get'>,
  { resource, audience }: Pick<OAuthForm, 'resource' | 'audience'>,
): string | undefined {
  if (resource === undefined && audience === undefined) return undefined
  const isKnown = (target: string) => mayTarget(realm, client, claimSets, target)
  if (resource !== undefined && !isKnown(resource)) throw new OAuthError('invalid-target')
  const isIgnored = audience === undefined || (realm.compatibility.unknownAudience && !isKnown(audience))
  if (isIgnored) return resource
  if (!isKnown(audience) || (resource !== undefined && resource !== audience)) throw new OAuthError('invalid-target')
  return audience
}

function refuseOthers({ scopes: allowed }: ClientRecord, requested: readonly string[]): void {
  if (requested.every((scope) => allowed.includes(scope))) return
  throw new OAuthError('invalid-scope', { reason: 'scope-not-granted', description: describeAllowed(allowed) })
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
