// One client of an export: its account, what its tokens have, and what each of its optional scopes adds.
import { isScopeToken, type Grant } from '@countersign/protocol'
import { refusalOf } from './client-kinds.ts'
import { actingScopes } from './keycloak-token.ts'
import type { ExportedClient } from './realm-export.ts'
import type { RealmModel } from './realm-model.ts'
import type { LeftBehind } from './resolved-realm.ts'
import { clientGrants, reasonOf } from './scope-grants.ts'

export interface GrantedClient {
  readonly client: ExportedClient
  readonly enabled: boolean
  /** `undefined` without an account. */
  readonly subject: string | undefined
  readonly defaultScopes: readonly string[]
  /** The later one of the client's and of its account's; seconds since the epoch. */
  readonly notBefore: number
  /** What every token of the client has; `undefined` without an account. */
  readonly base: Grant | undefined
  /** By optional scope. */
  readonly additions: ReadonlyMap<string, Grant>
  /** Scopes that are accepted, but act only for accounts with other roles, or where the realm has organizations. */
  readonly silent: ReadonlySet<string>
}

/** Adds to `leftBehind` what cannot be had here: the client, which is `undefined` then, or scopes of it. */
export function grantClient(model: RealmModel, client: ExportedClient, leftBehind: LeftBehind[]): GrantedClient | undefined {
  const { clientId, enabled } = client
  const refusal = refusalOf(client, model.realm)
  const account = model.accounts.get(clientId)
  const defaultScopes = [...new Set(client.defaultClientScopes ?? [])].filter(isScopeToken)
  const ownMembers = { client, defaultScopes, notBefore: Math.max(client.notBefore ?? 0, account?.notBefore ?? 0) }
  if (refusal !== undefined) return void leftBehind.push({ clientId, ...refusal })
  // Keycloak gives no tokens to a client whose account was deleted or disabled.
  if (!account) return { ...ownMembers, enabled: false, subject: undefined, base: undefined, additions: new Map(), silent: new Set() }
  const service = { client, account, roles: model.roles.ofAccount(account) }
  try {
    const { base, additions, leftBehind: scopes } = clientGrants(model, service)
    for (const { scope, reason } of scopes) leftBehind.push({ clientId, scope, kind: 'not-reproducible', reason })
    const all = [...defaultScopes, ...additions.keys()]
    const acting = new Set(actingScopes(model, service, all))
    const silent = new Set(all.filter((scope) => !acting.has(scope)))
    return { ...ownMembers, enabled: enabled && account.enabled, subject: base.subject, base: base.grant, additions, silent }
  } catch (error) {
    return void leftBehind.push({ clientId, kind: 'not-reproducible', reason: reasonOf(error) })
  }
}
