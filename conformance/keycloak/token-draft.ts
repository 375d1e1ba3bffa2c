// The token that Keycloak makes for a service account, from the export alone: the mappers of the client and of the scopes at work, in
// Keycloak's order. Knows neither times nor keys.
import type { JsonRecord } from '@countersign/protocol'
import * as write from './claim-mappers.ts'
import { plainClaims, Unreproducible, type Claims } from './claim-values.ts'
import type { Account, ExportedClient, ProtocolMapper } from './realm-export.ts'
import type { RealmModel } from './realm-model.ts'
import * as role from './role-mappers.ts'
import type { Role } from './roles.ts'

export interface TokenDraft {
  readonly model: RealmModel
  readonly client: ExportedClient
  readonly account: Account
  /** The names of the scopes at work. */
  readonly scopes: readonly string[]
  readonly roles: Set<Role>
  readonly claims: Claims
  readonly audiences: Set<string>
  /** The mapper that wrote a claim last. */
  readonly writers: Map<string, ProtocolMapper>
  /** The place of a mapper among those of its priority. */
  readonly placeOf: (mapper: ProtocolMapper) => number
  /** What the export does not tell. */
  readonly openQuestions: string[]
}

interface MapperKind {
  /** Lower ones first, then by their places. */
  readonly priority: number
  readonly write: (draft: TokenDraft, mapper: ProtocolMapper) => void
  /** Whether it acts without `access.token.claim`. */
  readonly isOnByDefault?: true
}

const nothing: MapperKind = { priority: 0, write: () => undefined }

const kinds: Readonly<Record<string, MapperKind>> = {
  'oidc-sub-mapper': nothing, // The subject is in the token without it, too.
  'oidc-claims-param-token-mapper': nothing,
  'oidc-claims-param-value-idtoken-mapper': nothing,
  'oidc-nonce-backwards-compatible-mapper': nothing,
  'oidc-session-state-mapper': nothing,
  'oidc-acr-mapper': { priority: 0, write: write.writeAcr },
  'oidc-amr-mapper': { priority: 0, write: ({ claims }) => void claims.set('amr', []) },
  'oidc-address-mapper': { priority: 0, write: write.writeAddress },
  'oidc-allowed-origins-mapper': { priority: 0, write: write.writeAllowedOrigins, isOnByDefault: true },
  'oidc-audience-mapper': { priority: 0, write: write.addAudience },
  'oidc-full-name-mapper': { priority: 0, write: write.writeFullName },
  'oidc-group-membership-mapper': { priority: 0, write: write.writeGroups },
  'oidc-hardcoded-claim-mapper': { priority: 0, write: write.writeHardcodedClaim },
  'oidc-organization-membership-mapper': { priority: 0, write: write.writeOrganizations },
  'oidc-usermodel-attribute-mapper': { priority: 0, write: write.writeAttribute },
  'oidc-usermodel-property-mapper': { priority: 0, write: write.writeProperty },
  'oidc-usersessionmodel-note-mapper': { priority: 0, write: write.writeSessionNote },
  'oidc-role-name-mapper': { priority: 10, write: role.renameRole, isOnByDefault: true },
  'oidc-hardcoded-role-mapper': { priority: 20, write: role.addHardcodedRole, isOnByDefault: true },
  'oidc-audience-resolve-mapper': { priority: 30, write: role.addAudiencesOfRoles, isOnByDefault: true },
  'oidc-usermodel-realm-role-mapper': { priority: 40, write: role.writeRealmRoles },
  'oidc-usermodel-client-role-mapper': { priority: 40, write: role.writeClientRoles },
}

/** Whether the roles change or are renamed whatever the token is to contain. */
const alwaysActing = new Set(['oidc-role-name-mapper', 'oidc-hardcoded-role-mapper'])

function kindOf({ protocolMapper }: ProtocolMapper): MapperKind {
  const kind = kinds[protocolMapper]
  if (!kind) throw new Unreproducible(`the mapper "${protocolMapper}" is unknown`)
  return kind
}

function isActing(mapper: ProtocolMapper): boolean {
  if (mapper.config['access.tokenResponse.claim'] === 'true')
    throw new Unreproducible(`the mapper "${mapper.name}" writes into the response`)
  if (alwaysActing.has(mapper.protocolMapper)) return true
  return (mapper.config['access.token.claim'] ?? String(kinds[mapper.protocolMapper]?.isOnByDefault ?? false)) === 'true'
}

/** All mappers of the client and of the scopes at work, whether they act or not. */
export function mappersOf(model: RealmModel, client: ExportedClient, scopes: readonly string[]): ProtocolMapper[] {
  return [client.protocolMappers ?? [], ...scopes.map((name) => model.scopes.get(name)?.protocolMappers ?? [])].flat()
}

/** @throws Unreproducible */
export function draftClaims(draft: TokenDraft, mappers: readonly ProtocolMapper[]): JsonRecord {
  const { client, claims, account, placeOf } = draft
  claims.set('sub', account.id).set('azp', client.clientId)
  const acting = mappers.filter(isActing).map((mapper) => ({ mapper, kind: kindOf(mapper), place: placeOf(mapper) }))
  const inOrder = acting.toSorted((a, b) => a.kind.priority - b.kind.priority || a.place - b.place)
  for (const { mapper, kind } of inOrder) kind.write(draft, mapper)
  return plainClaims(claims)
}
