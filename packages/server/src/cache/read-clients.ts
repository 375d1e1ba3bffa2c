// Reads clients with their secrets and the summary of their organization, through a connection or inside a transaction. A damaged row
// marks its record as damaged; store/damage.ts gives the reasons.
import type { Kysely, Selectable } from 'kysely'
import { clientAuthenticationMethodNames } from '@countersign/protocol'
import { parseTexts, type Damage, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { toSecret, withoutDamaged, type SecretRow } from './read-secrets.ts'
import type { ClientRecord, OrganizationRecord, SecretRecord } from './records.ts'

export async function readClient(
  db: Kysely<Schema>,
  realm: string,
  clientId: string,
  onDamage: OnDamage = () => {},
): Promise<ClientRecord | undefined> {
  return (await readClients(db, realm, [clientId], onDamage)).get(clientId)
}

/** Clients of a realm with their secrets and their organizations, in one query. */
export async function readClients(
  db: Kysely<Schema>,
  realm: string,
  clientIds: readonly string[],
  onDamage: OnDamage = () => {},
): Promise<Map<string, ClientRecord>> {
  const rows = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .leftJoin('credentials', (join) => join.onRef('credentials.client', '=', 'clients.id').on('credentials.kind', '=', 'client_secret'))
    .selectAll('clients')
    .select([
      'organizations.slug',
      'organizations.name as organization_name',
      'organizations.status',
      'organizations.tokens_not_before as organization_tokens_not_before',
    ])
    .select([
      'credentials.id as secret_id',
      'material',
      'digest_version',
      'last_four',
      'credentials.created_at as secret_created_at',
      'expires_at',
      'expires_at_before_rotation',
      'started_by',
      'first_used_at',
      'last_used_at',
      'reminded_at',
      'tokens_end_at',
    ])
    .where('clients.realm', '=', realm)
    .where('clients.client_id', 'in', clientIds)
    .orderBy('credentials.created_at', 'desc')
    .execute()
  const byClient = Map.groupBy(rows, ({ client_id }) => client_id)
  return new Map([...byClient].map(([clientId, ofClient]) => [clientId, toClientWithSecrets(ofClient, onDamage)]))
}

/** A row per secret, or one without a secret. */
type ClientRow = Selectable<Schema['clients']> & {
  readonly slug: string
  readonly organization_name: string
  readonly status: OrganizationRecord['status']
  readonly organization_tokens_not_before: number
} & { readonly [Column in Exclude<keyof SecretRow, 'id' | 'client' | 'kind' | 'origin' | 'created_at'>]: SecretRow[Column] | null } & {
  readonly secret_id: string | null
  readonly secret_created_at: number | null
}
function toClientWithSecrets(rows: readonly ClientRow[], onDamage: OnDamage): ClientRecord {
  const secrets = rows.flatMap(({ secret_id: id, material, digest_version, last_four, secret_created_at: created_at, ...rest }) =>
    id === null || material === null || digest_version === null || last_four === null || created_at === null
      ? []
      : [toSecret({ ...rest, id, material, digest_version, last_four, created_at })],
  )
  const comparable = withoutDamaged(secrets, onDamage)
  const row = rows[0]!
  const { organization_id: id, slug, organization_name: name, status, organization_tokens_not_before: tokensNotBefore } = row
  // A copy of the array, because V8 gives an array that grows room for 17.
  return toClient(row, { id, slug, name, status, tokensNotBefore }, comparable.slice(), onDamage)
}

export function toClient(
  row: Selectable<Schema['clients']>,
  organization: ClientRecord['organization'],
  secrets: readonly SecretRecord[],
  onDamage: OnDamage = () => {},
): ClientRecord {
  const damage = damageOf(row)
  if (damage) onDamage(damage)
  return {
    id: row.id,
    realm: row.realm,
    clientId: row.client_id,
    organization,
    name: row.name,
    enabled: row.enabled === 1,
    serviceAccountEnabled: row.service_account_enabled === 1,
    scopes: parseList(row.scopes) ?? [],
    // With its right secret, a damaged client must get the 503 for the damage, not a 401 for its method, which is checked first.
    authenticationMethods: parseList(row.authentication_methods) ?? clientAuthenticationMethodNames,
    accessTokenLifetime: row.access_token_lifetime,
    tokensNotBefore: row.tokens_not_before,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    secrets,
    ...(damage && { damage }),
  }
}

function damageOf(row: Selectable<Schema['clients']>): Damage | undefined {
  const isLifetime = (seconds: unknown) => seconds === null || (Number.isInteger(seconds) && Number(seconds) > 0)
  const column = !parseList(row.scopes)
    ? 'scopes'
    : !parseList(row.authentication_methods)
      ? 'authentication_methods'
      : !isLifetime(row.access_token_lifetime)
        ? 'access_token_lifetime'
        : undefined
  return column === undefined ? undefined : { table: 'clients', row: row.id, column }
}

/** Thousands of clients have the same few lists, so each list is kept once. */
const lists = new Map<string, readonly string[]>()
const maxLists = 1000

function parseList(json: string): readonly string[] | undefined {
  const known = lists.get(json)
  if (known) return known
  const list = parseTexts(json)
  if (!list) return undefined
  if (lists.size >= maxLists) lists.clear()
  lists.set(json, Object.freeze(list))
  return list
}
