// A token of Keycloak as a grant: audiences, roles and claims in their places, and what one grant adds to another.
import { emptyGrant, mergeGrants, reservedClaims, tokenProfiles, type Grant, type JsonRecord, type JsonValue } from '@countersign/protocol'
import { Unreproducible } from './claim-values.ts'
import type { KeycloakToken } from './keycloak-token.ts'

export interface TokenGrant {
  readonly subject: string
  /** Its claims have `client_id` if the token has, and `azp` if that is not the client. */
  readonly grant: Grant
}

const reserved = reservedClaims(tokenProfiles.keycloak)

/** @throws Unreproducible */
export function toTokenGrant({ audiences, claims }: KeycloakToken, clientId: string): TokenGrant {
  const { sub, azp, realm_access: realmAccess, resource_access: resourceAccess, ...others } = claims
  if (typeof azp !== 'string') throw new Unreproducible('a mapper sets "azp" to something else than a text')
  const wrong = Object.keys(others).find((name) => reserved.has(name) && !(name === 'client_id' && others[name] === clientId))
  if (wrong !== undefined) throw new Unreproducible(`a mapper sets "${wrong}"`)
  if (/\$\{[^}"]*\}/.test(JSON.stringify(others))) throw new Unreproducible('a claim contains the text of a variable')
  const named = azp === clientId ? others : { ...others, azp }
  const clients = Object.entries(asRecord(resourceAccess)).map(([api, access]) => [api, rolesOf(access)] as const)
  return {
    subject: String(sub),
    grant: { audiences, roles: { realm: rolesOf(realmAccess), clients: Object.fromEntries(clients) }, claims: named },
  }
}

function rolesOf(access: JsonValue | undefined): readonly string[] {
  const { roles = [], ...others } = asRecord(access)
  if (!isTexts(roles) || Object.keys(others).length > 0) throw new Unreproducible('the place of the roles has something else')
  return roles
}

function asRecord(value: JsonValue | undefined): JsonRecord {
  return isRecord(value) ? value : {}
}

function isRecord(value: JsonValue | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** What must be merged into `before` so that it becomes `after`; `undefined` if nothing does, because `before` has too much. */
export function additionTo(before: Grant, after: Grant): Grant | undefined {
  const addition: Grant = {
    audiences: after.audiences.filter((audience) => !before.audiences.includes(audience)),
    roles: {
      realm: after.roles.realm.filter((role) => !before.roles.realm.includes(role)),
      clients: addedClaims(before.roles.clients, after.roles.clients) as Grant['roles']['clients'],
    },
    claims: addedClaims(before.claims, after.claims),
  }
  return sameGrant(mergeGrants([before, addition]), after) ? addition : undefined
}

function addedClaims(before: JsonRecord, after: JsonRecord): JsonRecord {
  const added = Object.entries(after).map(([name, value]) => [name, addedValue(before[name], value)] as const)
  return Object.fromEntries(added.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function addedValue(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (before === undefined || canonical(before) === canonical(after)) return before === undefined ? after : undefined
  if (isRecord(before) && isRecord(after)) return addedClaims(before, after)
  return isTexts(before) && isTexts(after) ? after.filter((item) => !before.includes(item)) : after
}

/** Whether two grants make the same token, up to the order of members and of lists of texts, which Keycloak does not fix. */
export function sameGrant(a: Grant, b: Grant): boolean {
  return canonicalGrant(a) === canonicalGrant(b)
}

export function canonicalGrant(grant: Grant): string {
  return canonical(grant as unknown as JsonRecord)
}

export function isEmptyGrant(grant: Grant): boolean {
  return sameGrant(grant, emptyGrant)
}

function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, member: JsonValue) => {
    if (isTexts(member)) return member.toSorted()
    return isRecord(member) ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1))) : member
  })
}
