// Reads organizations with all that belongs to them: one query per table, for all of them or for one.
import type { Kysely } from 'kysely'
import type { CapabilityValue, Partner, Requestor } from '@countersign/protocol'
import type { Schema } from '../store/schema.ts'

export interface SecretRecord {
  readonly id: string
  readonly digest: Uint8Array
  readonly pepperVersion: number
  readonly lastFour: string
  readonly createdAt: number
  readonly expiresAt: number | null
}

export interface ClientRecord {
  /** The internal id; also the subject of its tokens where a profile has one of its own. */
  readonly id: string
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
  readonly name: string
  readonly enabled: boolean
  readonly serviceAccountEnabled: boolean
  readonly scopes: readonly string[]
  /** Seconds; null for the lifetime of the realm. */
  readonly accessTokenLifetime: number | null
  readonly createdAt: number
  /** At most two, the newest first. */
  readonly secrets: readonly SecretRecord[]
}

export interface OrganizationRecord {
  readonly id: string
  readonly realm: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
  readonly capabilities: Readonly<Record<string, CapabilityValue>>
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number
  readonly createdAt: number
  readonly partners: readonly Partner[]
  readonly requestors: readonly Requestor[]
  readonly acceptance: { readonly version: string; readonly acceptedAt: number } | null
  readonly clients: readonly ClientRecord[]
  readonly revokedTokens: readonly { readonly tokenId: string; readonly expiresAt: number }[]
}

/** All organizations, or only the one with this id (an empty list then means that it is gone). */
export async function readOrganizations(db: Kysely<Schema>, id?: string): Promise<OrganizationRecord[]> {
  const one = id !== undefined
  const key = id ?? ''
  const organizations = await db
    .selectFrom('organizations')
    .selectAll()
    .$if(one, (query) => query.where('id', '=', key))
    .execute()
  const clients = await db
    .selectFrom('clients')
    .selectAll()
    .$if(one, (query) => query.where('organization_id', '=', key))
    .execute()
  const secrets = await db
    .selectFrom('client_secrets')
    .selectAll()
    .$if(one, (query) =>
      query.where('client', 'in', (clients) => clients.selectFrom('clients').select('id').where('organization_id', '=', key)),
    )
    .orderBy('created_at', 'desc')
    .execute()
  const partners = await db
    .selectFrom('partner_authorizations')
    .innerJoin('partners', 'partners.id', 'partner_authorizations.partner_id')
    .select(['organization_id', 'partners.id', 'partners.name'])
    .$if(one, (query) => query.where('organization_id', '=', key))
    .orderBy('partners.name')
    .execute()
  const requestors = await db
    .selectFrom('requestors')
    .selectAll()
    .$if(one, (query) => query.where('organization_id', '=', key))
    .execute()
  const acceptances = await db
    .selectFrom('dpa_acceptances')
    .select(['organization_id', 'version', 'accepted_at'])
    .$if(one, (query) => query.where('organization_id', '=', key))
    .orderBy('accepted_at', 'desc')
    .execute()
  const revokedTokens = await db
    .selectFrom('revoked_tokens')
    .selectAll()
    .$if(one, (query) => query.where('organization_id', '=', key))
    .execute()

  const secretsOf = Map.groupBy(secrets, (row) => row.client)
  const clientsOf = Map.groupBy(clients, (row) => row.organization_id)
  const partnersOf = Map.groupBy(partners, (row) => row.organization_id)
  const requestorsOf = Map.groupBy(requestors, (row) => row.organization_id)
  const acceptancesOf = Map.groupBy(acceptances, (row) => row.organization_id)
  const revokedTokensOf = Map.groupBy(revokedTokens, (row) => row.organization_id)
  return organizations.map((row) => {
    const [acceptance] = acceptancesOf.get(row.id) ?? []
    return {
      id: row.id,
      realm: row.realm,
      slug: row.slug,
      name: row.name,
      status: row.status,
      capabilities: JSON.parse(row.capabilities) as OrganizationRecord['capabilities'],
      tokensNotBefore: row.tokens_not_before,
      createdAt: row.created_at,
      partners: (partnersOf.get(row.id) ?? []).map(({ id, name }) => ({ id, name })),
      requestors: (requestorsOf.get(row.id) ?? []).map(({ id, permissions }) => ({ id, permissions: JSON.parse(permissions) as string[] })),
      acceptance: acceptance ? { version: acceptance.version, acceptedAt: acceptance.accepted_at } : null,
      clients: (clientsOf.get(row.id) ?? []).map((client) => toClient(client, secretsOf.get(client.id) ?? [])),
      revokedTokens: (revokedTokensOf.get(row.id) ?? []).map((token) => ({ tokenId: token.token_id, expiresAt: token.expires_at })),
    }
  })
}

function toClient(row: Schema['clients'], secrets: readonly Schema['client_secrets'][]): ClientRecord {
  return {
    id: row.id,
    realm: row.realm,
    clientId: row.client_id,
    organizationId: row.organization_id,
    name: row.name,
    enabled: row.enabled === 1,
    serviceAccountEnabled: row.service_account_enabled === 1,
    scopes: JSON.parse(row.scopes) as string[],
    accessTokenLifetime: row.access_token_lifetime,
    createdAt: row.created_at,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      digest: secret.digest,
      pepperVersion: secret.pepper_version,
      lastFour: secret.last_four,
      createdAt: secret.created_at,
      expiresAt: secret.expires_at,
    })),
  }
}
