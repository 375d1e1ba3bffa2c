// What Keycloak answers a client that asks for some of its optional scopes: the scopes at work, the roles they let through, the token.
import type { JsonRecord } from '@countersign/protocol'
import type { Account, ExportedClient } from './realm-export.ts'
import type { RealmModel } from './realm-model.ts'
import type { Role } from './roles.ts'
import { createHashOrder } from './hash-order.ts'
import { draftClaims, mappersOf, type TokenDraft } from './token-draft.ts'

export interface ServiceAccount {
  readonly client: ExportedClient
  readonly account: Account
  /** All roles of the account, whatever the client lets through. */
  readonly roles: ReadonlySet<Role>
}

export interface KeycloakToken {
  readonly audiences: readonly string[]
  readonly claims: JsonRecord
  /** The scopes that the token names. */
  readonly scope: readonly string[]
  /** What the export does not tell. */
  readonly openQuestions: readonly string[]
}

/** A scope that maps roles counts only for accounts that have one of them. */
function isPermitted({ roles, realm }: RealmModel, scope: string, held: ReadonlySet<Role>): boolean {
  if (scope === 'organization' && realm.organizationsEnabled !== true) return false
  const needed = roles.mappedTo('clientScope', scope)
  return needed.size === 0 || !roles.expand(needed).isDisjointFrom(held)
}

/** The scopes that act: the default ones, and those that are asked for. */
export function actingScopes(model: RealmModel, { client, roles }: ServiceAccount, asked: readonly string[]): string[] {
  const names = new Set([...(client.defaultClientScopes ?? []), ...asked])
  return [...names].filter((name) => isPermitted(model, name, roles))
}

export function isShown({ scopes }: RealmModel, name: string): boolean {
  return scopes.get(name)?.attributes?.['include.in.token.scope'] !== 'false'
}

function rolesInToken({ roles }: RealmModel, { client, roles: held }: ServiceAccount, scopes: readonly string[]): Set<Role> {
  if (client.fullScopeAllowed !== false) return new Set(held)
  const allowed = roles.definedBy(client.clientId).union(roles.mappedTo('client', client.clientId))
  for (const scope of scopes) for (const role of roles.mappedTo('clientScope', scope)) allowed.add(role)
  return roles.expand(allowed).intersection(held)
}

/** @throws Unreproducible */
export function keycloakToken(model: RealmModel, service: ServiceAccount, asked: readonly string[]): KeycloakToken {
  const scopes = actingScopes(model, service, asked)
  const mappers = mappersOf(model, service.client, scopes)
  const bucketOf = createHashOrder(mappers.map(({ id }) => id))
  const draft: TokenDraft = {
    model,
    client: service.client,
    account: service.account,
    scopes,
    roles: rolesInToken(model, service, scopes),
    claims: new Map(),
    audiences: new Set(),
    writers: new Map(),
    placeOf: ({ id }) => bucketOf(id),
    openQuestions: [],
  }
  const claims = draftClaims(draft, mappers)
  const { audiences, openQuestions } = draft
  return { audiences: [...audiences], claims, scope: scopes.filter((name) => isShown(model, name)), openQuestions }
}
