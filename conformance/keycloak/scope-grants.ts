// What a client's token has at least, and what each optional scope adds. A token here is the sum of what its scopes give; where Keycloak's
// is not, a scope stays behind.
import { mergeGrants, type Grant } from '@countersign/protocol'
import { Unreproducible } from './claim-values.ts'
import { keycloakToken, type ServiceAccount } from './keycloak-token.ts'
import type { RealmModel } from './realm-model.ts'
import { additionTo, sameGrant, toTokenGrant, type TokenGrant } from './token-grant.ts'

export interface ClientGrants {
  readonly base: TokenGrant
  /** By optional scope. */
  readonly additions: ReadonlyMap<string, Grant>
  readonly leftBehind: readonly { readonly scope: string; readonly reason: string }[]
}

/** @throws Unreproducible if not even the token without optional scopes can be had here */
export function clientGrants(model: RealmModel, service: ServiceAccount): ClientGrants {
  const tokenWith = (asked: readonly string[]) => reproducibleToken(model, service, asked)
  const base = tokenWith([])
  const additions = new Map<string, Grant>()
  const leftBehind: { scope: string; reason: string }[] = []
  const defaults = new Set(service.client.defaultClientScopes)
  for (const scope of service.client.optionalClientScopes ?? []) {
    if (defaults.has(scope)) continue
    try {
      additions.set(scope, additionOf(base, tokenWith([scope])))
    } catch (error) {
      leftBehind.push({ scope, reason: reasonOf(error) })
    }
  }
  for (let scope = leastAdditive(base, additions, tokenWith); scope !== undefined; scope = leastAdditive(base, additions, tokenWith)) {
    additions.delete(scope)
    leftBehind.push({ scope, reason: 'what it gives depends on the other scopes' })
  }
  return { base, additions, leftBehind }
}

function reproducibleToken(model: RealmModel, service: ServiceAccount, asked: readonly string[]): TokenGrant {
  const token = keycloakToken(model, service, asked)
  const [question] = token.openQuestions
  if (question !== undefined) throw new Unreproducible(`the export does not say ${question}`)
  return toTokenGrant(token, service.client.clientId)
}

function additionOf(base: TokenGrant, token: TokenGrant): Grant {
  const addition = additionTo(base.grant, token.grant)
  if (addition === undefined) throw new Unreproducible('it takes something away')
  if (token.subject !== base.subject) throw new Unreproducible('it changes the subject')
  if ('azp' in addition.claims) throw new Unreproducible('it changes "azp", which only the client itself can')
  return addition
}

type TokenWith = (asked: readonly string[]) => TokenGrant

/** The optional scope in most of the pairs that give something else together than each of the two alone. */
function leastAdditive(base: TokenGrant, additions: ReadonlyMap<string, Grant>, tokenWith: TokenWith): string | undefined {
  const scopes = [...additions.keys()]
  if (isSum(scopes)) return undefined
  const conflicts = scopes.map((scope) => ({ scope, count: scopes.filter((other) => other !== scope && !isSum([scope, other])).length }))
  // Of two that conflict, the one that writes what the other one gives has more to say.
  const size = (scope: string) => JSON.stringify(additions.get(scope)).length
  return conflicts.toSorted((a, b) => b.count - a.count || size(b.scope) - size(a.scope))[0]?.scope

  function isSum(asked: readonly string[]): boolean {
    try {
      return sameGrant(mergeGrants([base.grant, ...asked.map((scope) => additions.get(scope)!)]), tokenWith(asked).grant)
    } catch (error) {
      reasonOf(error)
      return false
    }
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof Unreproducible) return error.message
  throw error
}
