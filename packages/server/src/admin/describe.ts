// Organizations and clients as the admin API shows them.
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../configuration/configuration.ts'
import type { Directory } from '../cache/cache.ts'
import { readClient, readOrganization, type ClientRecord, type SecretRecord } from '../cache/read-organizations.ts'
import { noSuchClient } from '../clients/lock-client.ts'
import { noSuchOrganization } from '../organizations/lock-organization.ts'
import type { Schema } from '../store/schema.ts'

/** @throws ProblemError `not-found` */
export async function describeOrganization(
  db: Kysely<Schema>,
  directory: Directory,
  realm: Realm,
  id: string,
): Promise<OperationOutput<'organizations.get'>> {
  const organization = await readOrganization(db, id)
  if (!organization) throw noSuchOrganization(realm, id)
  const { capabilities, partners, requestors, dpa, clients } = directory.getEntitlement(organization).document
  const { slug, name, status, version, createdAt, updatedAt } = organization
  return {
    id,
    realm: realm.name,
    slug,
    name,
    status,
    version,
    createdAt: toInstant(createdAt),
    updatedAt: toInstant(updatedAt),
    capabilities: { ...capabilities },
    partners: [...partners],
    requestors: requestors.map(({ id, permissions }) => ({ id, permissions: [...permissions] })),
    dpa,
    clients: clients.map(({ clientId }) => clientId),
  }
}

export function summarizeOrganization(row: Selectable<Schema['organizations']>): OperationOutput<'organizations.list'>['items'][number] {
  const { id, realm, slug, name, status, version, created_at, updated_at } = row
  return { id, realm, slug, name, status, version, createdAt: toInstant(created_at), updatedAt: toInstant(updated_at) }
}

/** @throws ProblemError `not-found` */
export async function readAndDescribeClient(db: Kysely<Schema>, realm: Realm, clientId: string): Promise<OperationOutput<'clients.get'>> {
  const client = await readClient(db, realm.name, clientId)
  if (!client) throw noSuchClient(realm, clientId)
  return describeClient(client)
}

export function describeClient(client: ClientRecord): OperationOutput<'clients.get'> {
  const { id, realm, clientId, organization, name, enabled, serviceAccountEnabled, scopes, accessTokenLifetime, version } = client
  return {
    id,
    realm,
    clientId,
    organization: { id: organization.id, slug: organization.slug, name: organization.name },
    name,
    enabled,
    serviceAccountEnabled,
    authenticationMethods: [...client.authenticationMethods] as OperationOutput<'clients.get'>['authenticationMethods'],
    scopes: [...scopes],
    accessTokenLifetime,
    version,
    createdAt: toInstant(client.createdAt),
    updatedAt: toInstant(client.updatedAt),
    secrets: describeSecrets(client.secrets),
  }
}

/** @param secrets the newest first */
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

/** @param at milliseconds since the epoch */
export function toInstant(at: number): string {
  return new Date(at).toISOString()
}

export function toInstantOrNull(at: number | null): string | null {
  return at === null ? null : toInstant(at)
}
