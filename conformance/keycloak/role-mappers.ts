// The mappers of Keycloak that change roles, or write them into a token.
import type { JsonValue } from '@countersign/protocol'
import { putClaim, splitClaimPath } from './claim-values.ts'
import type { ProtocolMapper, Settings } from './realm-export.ts'
import type { Role } from './roles.ts'
import type { TokenDraft } from './token-draft.ts'

/** "client.role" or "role": the last dot separates. */
function roleNamed(draft: TokenDraft, text: string): Role {
  const dot = text.lastIndexOf('.')
  return draft.model.roles.find(dot === -1 ? '' : text.slice(0, dot), text.slice(dot + 1))
}

export function addHardcodedRole(draft: TokenDraft, { config }: ProtocolMapper): void {
  if (config['role']) draft.roles.add(roleNamed(draft, config['role']))
}

export function renameRole(draft: TokenDraft, { config }: ProtocolMapper): void {
  const [before, after] = [config['role'], config['new.role.name']]
  if (before && after && draft.roles.delete(roleNamed(draft, before))) draft.roles.add(roleNamed(draft, after))
}

/** The clients that have a role in the token are audiences, except the client itself. */
export function addAudiencesOfRoles(draft: TokenDraft): void {
  for (const api of rolesByClient(draft).keys()) if (api !== draft.client.clientId) draft.audiences.add(api)
}

export function writeRealmRoles(draft: TokenDraft, mapper: ProtocolMapper): void {
  const names = [...draft.roles].filter(({ client }) => client === '').map(({ name }) => name)
  writeRoles(draft, mapper, mapper.config['claim.name'], names, mapper.config['usermodel.realmRoleMapping.rolePrefix'])
}

export function writeClientRoles(draft: TokenDraft, mapper: ProtocolMapper): void {
  const { config } = mapper
  const only = config['usermodel.clientRoleMapping.clientId']
  for (const [api, names] of rolesByClient(draft)) {
    if (only && api !== only) continue
    // A dot in the client id separates nothing.
    const claim = config['claim.name']?.replaceAll('${client_id}', () => api.replaceAll('.', '\\.'))
    const prefix = config['usermodel.clientRoleMapping.rolePrefix']
    writeRoles(draft, mapper, claim, names, only ? prefix : prefix?.replaceAll('${client_id}', () => api))
  }
}

function writeRoles(draft: TokenDraft, mapper: ProtocolMapper, claim: string | undefined, names: readonly string[], prefix = ''): void {
  if (claim === undefined || names.length === 0) return
  const path = splitClaimPath(claim)
  const value = rolesValue(
    draft,
    mapper.config,
    names.map((name) => prefix + name),
  )
  if (value !== undefined) putClaim(draft.claims, path, value, true)
}

/** Roles are a set, so a mapper without `multivalued` writes any one of them. */
function rolesValue(draft: TokenDraft, config: Settings, names: readonly string[]): JsonValue | undefined {
  if (config['multivalued'] === 'true') return [...names]
  if (names.length > 1) draft.openQuestions.push(`which one of the roles ${names.join(', ')} is in "${config['claim.name']}"`)
  return names[0]
}

function rolesByClient({ roles }: TokenDraft): Map<string, string[]> {
  const ofClients = [...roles].filter(({ client }) => client !== '')
  return new Map([...Map.groupBy(ofClients, ({ client }) => client)].map(([client, list]) => [client, list.map(({ name }) => name)]))
}
