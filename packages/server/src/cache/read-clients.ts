// Reads clients with their credentials and the summary of their organization, through a connection or inside a transaction. A damaged row
// marks its record as damaged; store/damage.ts gives the reasons.
import type { Kysely, Selectable } from 'kysely'
import { clientAuthenticationMethodNames, isSigningAlgorithm } from '@countersign/protocol'
import { parseTexts, type Damage, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { toOperatorRights } from './operator-rights.ts'
import { toCredentials, type CredentialRow, type Credentials } from './read-credentials.ts'
import { parseGrants } from './read-grants.ts'
import type { ClientRecord, OrganizationRecord } from './records.ts'

export async function readClient(
  db: Kysely<Schema>,
  realm: string,
  clientId: string,
  onDamage: OnDamage = () => {},
): Promise<ClientRecord | undefined> {
  return (await readClients(db, realm, [clientId], onDamage)).get(clientId)
}

/** Clients of a realm with their credentials and their organizations, in one query. */
export async function readClients(
  db: Kysely<Schema>,
  realm: string,
  clientIds: readonly string[],
  onDamage: OnDamage = () => {},
): Promise<Map<string, ClientRecord>> {
  const rows = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .leftJoin('credentials', 'credentials.client', 'clients.id')
    .selectAll('clients')
    .select([
      'organizations.slug',
      'organizations.name as organization_name',
      'organizations.status',
      'organizations.tokens_not_before as organization_tokens_not_before',
    ])
    .select([
      'credentials.id as credential_id',
      'kind',
      'material',
      'digest_version',
      'last_four',
      'credentials.created_at as credential_created_at',
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
  return new Map([...byClient].map(([clientId, ofClient]) => [clientId, toClientWithCredentials(ofClient, onDamage)]))
}

/** A row per credential, or one without a credential. */
type ClientRow = Selectable<Schema['clients']> & {
  readonly slug: string
  readonly organization_name: string
  readonly status: OrganizationRecord['status']
  readonly organization_tokens_not_before: number
} & { readonly [Column in Exclude<keyof CredentialRow, 'id' | 'created_at'>]: CredentialRow[Column] | null } & {
  readonly credential_id: string | null
  readonly credential_created_at: number | null
}

function toClientWithCredentials(rows: readonly ClientRow[], onDamage: OnDamage): ClientRecord {
  const row = rows[0]!
  const { organization_id: id, slug, organization_name: name, status, organization_tokens_not_before: tokensNotBefore } = row
  return toClient(row, { id, slug, name, status, tokensNotBefore }, toCredentials(rows.flatMap(credentialOf), onDamage), onDamage)
}

function credentialOf(row: ClientRow): CredentialRow[] {
  const { credential_id: id, kind, material, digest_version, last_four, credential_created_at: created_at } = row
  const isNone = id === null || kind === null || material === null || digest_version === null || last_four === null || created_at === null
  return isNone ? [] : [{ ...row, id, kind, material, digest_version, last_four, created_at }]
}

export function toClient(
  row: Selectable<Schema['clients']>,
  organization: ClientRecord['organization'],
  credentials: Credentials,
  onDamage: OnDamage = () => {},
): ClientRecord {
  const damage = damageOf(row)
  if (damage) onDamage(damage)
  const operatorRights = toOperatorRights(row)
  return {
    id: row.id,
    realm: row.realm,
    clientId: row.client_id,
    organization,
    name: row.name,
    enabled: row.enabled === 1,
    serviceAccountEnabled: row.service_account_enabled === 1,
    scopes: parseList(row.scopes) ?? [],
    subject: row.subject,
    defaultScopes: row.default_scopes === null ? null : (parseList(row.default_scopes) ?? []),
    headerType: row.header_type,
    ...grantsOf(row),
    // With its right secret, a damaged client must get the 503 for the damage, not a 401 for its method, which is checked first.
    authenticationMethods: parseList(row.authentication_methods) ?? clientAuthenticationMethodNames,
    accessTokenLifetime: row.access_token_lifetime,
    signingAlgorithm: isSigningAlgorithm(row.signing_algorithm) ? row.signing_algorithm : null,
    tokensNotBefore: row.tokens_not_before,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...credentials,
    ...(operatorRights && { operatorRights }),
    ...(damage && { damage }),
  }
}

function grantsOf(row: Selectable<Schema['clients']>): Pick<ClientRecord, 'grants'> {
  const grants = parseGrants(row)
  return grants ? { grants } : {}
}

function damageOf(row: Selectable<Schema['clients']>): Damage | undefined {
  const isLifetime = (seconds: unknown) => seconds === null || (Number.isInteger(seconds) && Number(seconds) > 0)
  const column = !parseList(row.scopes)
    ? 'scopes'
    : row.default_scopes !== null && !parseList(row.default_scopes)
      ? 'default_scopes'
      : parseGrants(row) === undefined
        ? 'own_grant'
        : !parseList(row.authentication_methods)
          ? 'authentication_methods'
          : !isLifetime(row.access_token_lifetime)
            ? 'access_token_lifetime'
            : row.signing_algorithm !== null && !isSigningAlgorithm(row.signing_algorithm)
              ? 'signing_algorithm'
              : undefined
  return column === undefined ? undefined : { table: 'clients', row: row.id, column }
}

/** Thousands of clients have the same few lists, so each list is kept once. */
const lists = new Map<string, readonly string[]>()
const maxLists = 1000

export function parseList(json: string): readonly string[] | undefined {
  const known = lists.get(json)
  if (known) return known
  const list = parseTexts(json)
  if (!list) return undefined
  if (lists.size >= maxLists) lists.clear()
  lists.set(json, Object.freeze(list))
  return list
}
