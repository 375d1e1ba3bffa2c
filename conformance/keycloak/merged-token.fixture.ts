// The token that the grants of a resolved client make, without a server.
import assert from 'node:assert/strict'
import { emptyGrant, mergeGrants, tokenProfiles, type JsonRecord } from '@countersign/protocol'
import type { ResolvedClient, ResolvedRealm } from './resolved-realm.ts'

/** Claims as in the token, and the scopes that it names. */
export function mergedToken(
  realm: ResolvedRealm,
  clientId: string,
  asked: readonly string[] = [],
): { claims: JsonRecord; scope: string[] } {
  const client = realm.clients.find((one) => one.clientId === clientId)
  assert.ok(client, `"${clientId}" was not resolved`)
  const scopes = new Set([...client.defaultScopes, ...asked])
  const set = realm.claimSets.find(({ name }) => name === client.claimSet)
  const grants = [set?.grant, client.grant, ...[...scopes].map((scope) => client.scopeGrants[scope]?.grant)]
  const grant = mergeGrants(grants.map((one) => one ?? emptyGrant))
  const claims = { ...grant.claims, ...tokenProfiles.keycloak.roles(grant.roles), sub: '${subject}', azp: '${client_id}' }
  const hidden = new Set(realm.settings.scopes.flatMap((scope) => (typeof scope === 'string' ? [] : [scope.name])))
  return {
    claims: {
      ...filled(realm.settings.omitClaims.includes('client_id') ? claims : { ...claims, client_id: '${client_id}' }, client),
      ...(grant.audiences.length > 0 && { aud: grant.audiences.length > 1 ? grant.audiences : grant.audiences[0]! }),
    },
    scope: [...scopes].filter((scope) => !hidden.has(scope) && client.scopeGrants[scope]?.shown !== false),
  }
}

function filled(claims: JsonRecord, { clientId, subject = '' }: ResolvedClient): JsonRecord {
  const values: Record<string, string> = { client_id: clientId, subject }
  const fill = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/\$\{(client_id|subject)\}/g, (_, name: string) => values[name]!) : value
  return JSON.parse(JSON.stringify(claims), fill) as JsonRecord
}
