// Describes a client and its secrets for the admin API.
import type { Kysely } from 'kysely'
import type { AdminScope, OperationOutput } from '@countersign/admin'
import { toCutInstant, toInstant, toInstantOrNull } from '../api/instants.ts'
import { readClient } from '../cache/read-clients.ts'
import type { ClientRecord, SecretRecord } from '../cache/records.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { subjectOf } from '../realms/subject.ts'
import type { Schema } from '../store/schema.ts'
import { noSuchClient } from './lock-client.ts'

/** @throws ProblemError `not-found` */
export async function readAndDescribeClient(db: Kysely<Schema>, realm: Realm, clientId: string): Promise<OperationOutput<'clients.get'>> {
  const client = await readClient(db, realm.name, clientId)
  if (!client) throw noSuchClient(realm, clientId)
  return describeClient(realm, client)
}

export function describeClient(realm: Realm, client: ClientRecord): OperationOutput<'clients.get'> {
  const { id, clientId, organization, name, enabled, serviceAccountEnabled, scopes, accessTokenLifetime, version } = client
  return {
    id,
    realm: realm.name,
    clientId,
    organization: { id: organization.id, slug: organization.slug, name: organization.name },
    name,
    enabled,
    serviceAccountEnabled,
    authenticationMethods: [...client.authenticationMethods] as OperationOutput<'clients.get'>['authenticationMethods'],
    scopes: [...scopes],
    ...describeTokens(realm, client),
    ...describeOperatorRights(client),
    accessTokenLifetime,
    signingAlgorithm: client.signingAlgorithm,
    tokensNotBefore: toCutInstant(client.tokensNotBefore),
    version,
    createdAt: toInstant(client.createdAt),
    updatedAt: toInstant(client.updatedAt),
    secrets: describeSecrets(client.secrets),
  }
}

function describeOperatorRights({ realm, operatorRights }: ClientRecord) {
  if (realm !== operatorsRealmName) return { operatorScopes: [...(operatorRights?.scopes ?? [])] as AdminScope[] }
  return { operatorRealms: operatorRights?.realms ? [...operatorRights.realms] : null }
}

function describeTokens(realm: Realm, { grants, defaultScopes, headerType, ...client }: ClientRecord) {
  return {
    subject: subjectOf(realm, client),
    defaultScopes: defaultScopes && [...defaultScopes],
    claimSet: grants?.claimSet ?? null,
    grant: grants?.own ?? null,
    scopeGrants: Object.fromEntries(grants?.ofScopes ?? []),
    headerType,
  }
}

/** @param secrets newest first */
export function describeSecrets(secrets: readonly SecretRecord[]): OperationOutput<'rotation.get'>['secrets'] {
  const [newestState, olderState] = secrets.length > 1 ? (['new', 'old'] as const) : (['current', 'current'] as const)
  return secrets.map((secret, index) => ({
    id: secret.id,
    lastFour: secret.lastFour,
    createdAt: toInstant(secret.createdAt),
    firstUsedAt: toInstantOrNull(secret.firstUsedAt),
    lastUsedAt: toInstantOrNull(secret.lastUsedAt),
    expiresAt: toInstantOrNull(secret.expiresAt),
    state: index === 0 ? newestState : olderState,
  }))
}
