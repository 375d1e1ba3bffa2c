// Reads one organization with its dependents, one query per table, through a connection or inside a transaction. A damaged row marks its
// record as damaged, or is left out if it is only a part; store/damage.ts gives the reasons.
import type { Kysely, Selectable } from 'kysely'
import { clientAuthenticationMethodNames, compareVersions, type CapabilityValue, type Partner, type Requestor } from '@countersign/protocol'
import type { Schema } from '../store/schema.ts'
import { parseChoices, parseTexts, type Damage, type OnDamage } from '../store/damage.ts'

export interface SecretRecord {
  readonly id: string
  readonly digest: Uint8Array
  readonly pepperVersion: number
  readonly lastFour: string
  readonly createdAt: number
  readonly expiresAt: number | null
  /** For an old secret: when it would end without the rotation. */
  readonly expiresAtBeforeRotation: number | null
  /** The actor that started the rotation in which the secret was made. */
  readonly startedBy: 'client' | 'operator'
  readonly firstUsedAt: number | null
  readonly lastUsedAt: number | null
  readonly remindedAt: number | null
  /** When the last token issued by this secret expires; null before the first one. */
  readonly tokensEndAt: number | null
}

export interface ClientRecord {
  /** The internal id; also the subject of its tokens in profiles with a separate subject. */
  readonly id: string
  readonly realm: string
  readonly clientId: string
  readonly organization: Pick<OrganizationRecord, 'id' | 'slug' | 'name' | 'status' | 'tokensNotBefore'>
  readonly name: string
  readonly enabled: boolean
  readonly serviceAccountEnabled: boolean
  readonly scopes: readonly string[]
  readonly authenticationMethods: readonly string[]
  /** Seconds; null for the lifetime of the realm. */
  readonly accessTokenLifetime: number | null
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  /** At most two, newest first. */
  readonly secrets: readonly SecretRecord[]
  /** The damage of its row, if any; the client gets no tokens until the row is repaired. */
  readonly damage?: Damage
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
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly partners: readonly Partner[]
  readonly requestors: readonly Requestor[]
  readonly acceptance: { readonly version: string; readonly acceptedAt: number } | null
  readonly clients: readonly ClientRecord[]
  readonly revokedTokens: readonly { readonly tokenId: string; readonly expiresAt: number }[]
  /** The damage of its row, if any; the entitlement of the organization is unknown until the row is repaired. */
  readonly damage?: Damage
}

const ignore: OnDamage = () => {}

/** By id or by slug. */
export async function findOrganizationId(db: Kysely<Schema>, realm: string, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('realm', '=', realm)
    .where((where) => where.or([where('id', '=', key), where('slug', '=', key)]))
    .executeTakeFirst()
  return row?.id
}

export async function findOrganizationOfClient(db: Kysely<Schema>, realm: string, clientId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('clients')
    .select('organization_id')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.organization_id
}

export async function readClient(
  db: Kysely<Schema>,
  realm: string,
  clientId: string,
  onDamage: OnDamage = ignore,
): Promise<ClientRecord | undefined> {
  return (await readClients(db, realm, [clientId], onDamage)).get(clientId)
}

/** Clients of a realm with their secrets and their organizations, in one query. */
export async function readClients(
  db: Kysely<Schema>,
  realm: string,
  clientIds: readonly string[],
  onDamage: OnDamage = ignore,
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
type SecretRow = Selectable<Schema['credentials']>

function toClientWithSecrets(rows: readonly ClientRow[], onDamage: OnDamage): ClientRecord {
  const secrets = rows.flatMap(({ secret_id: id, material, digest_version, last_four, secret_created_at: created_at, ...rest }) =>
    id === null || material === null || digest_version === null || last_four === null || created_at === null
      ? []
      : [toSecret({ ...rest, id, material, digest_version, last_four, created_at })],
  )
  const comparable = withoutDamaged(secrets, onDamage)
  const row = rows[0]!
  const { organization_id: id, slug, organization_name: name, status, organization_tokens_not_before: tokensNotBefore } = row
  // A copy of the array, because one that has grown has room for 17.
  return toClient(row, { id, slug, name, status, tokensNotBefore }, comparable.slice(), onDamage)
}

/** The organization with this id, or undefined if it does not exist any more. */
export async function readOrganization(
  db: Kysely<Schema>,
  id: string,
  onDamage: OnDamage = ignore,
): Promise<OrganizationRecord | undefined> {
  const row = await db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const clients = await db.selectFrom('clients').selectAll().where('organization_id', '=', id).orderBy('client_id').execute()
  const secrets = await readSecrets(
    db,
    clients.map((client) => client.id),
  )
  const partners = await db
    .selectFrom('partner_authorizations')
    .innerJoin('partners', 'partners.id', 'partner_authorizations.partner_id')
    .select(['partners.id', 'partners.name'])
    .where('organization_id', '=', id)
    .orderBy('partners.name')
    .execute()
  const requestors = await db.selectFrom('requestors').select(['id', 'permissions']).where('organization_id', '=', id).execute()
  const acceptances = await db
    .selectFrom('dpa_acceptances')
    .select(['version', 'accepted_at as acceptedAt'])
    .where('organization_id', '=', id)
    .orderBy('accepted_at')
    .execute()
  // The highest version: an acceptance that was recorded late must not lower it. Of equal ones, the last.
  const acceptance = acceptances.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1)
  const revokedTokens = await db
    .selectFrom('revoked_tokens')
    .select(['token_id as tokenId', 'expires_at as expiresAt'])
    .where('organization_id', '=', id)
    .execute()

  const { slug, name, status, tokens_not_before: tokensNotBefore } = row
  const capabilities = parseChoices(row.capabilities)
  const damage: Damage = { table: 'organizations', row: id, column: 'capabilities' }
  if (!capabilities) onDamage(damage)
  return {
    id,
    realm: row.realm,
    slug,
    name,
    status,
    capabilities: capabilities ?? {},
    tokensNotBefore,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    partners: partners.map(({ id, name }) => ({ id, name })), // without the driver's prototype
    requestors: requestors.flatMap(({ id, permissions: text }) => {
      const permissions = parseTexts(text)
      if (!permissions) onDamage({ table: 'requestors', row: id, column: 'permissions' })
      return permissions ? [{ id, permissions }] : []
    }),
    acceptance: acceptance ?? null,
    clients: clients.map((client) =>
      toClient(client, { id, slug, name, status, tokensNotBefore }, withoutDamaged(secrets.get(client.id) ?? [], onDamage), onDamage),
    ),
    revokedTokens,
    ...(!capabilities && { damage }),
  }
}

/** By the internal id of their client, newest first. */
export async function readSecrets(db: Kysely<Schema>, clients: readonly string[]): Promise<Map<string, SecretRecord[]>> {
  if (clients.length === 0) return new Map()
  const rows = await db
    .selectFrom('credentials')
    .selectAll()
    .where('client', 'in', clients)
    .where('kind', '=', 'client_secret')
    .orderBy('created_at', 'desc')
    .execute()
  return new Map([...Map.groupBy(rows, ({ client }) => client)].map(([client, secrets]) => [client, secrets.map(toSecret)]))
}

/** The secrets of a client by its internal id, newest first. */
export async function readSecretsOf(db: Kysely<Schema>, client: string): Promise<SecretRecord[]> {
  return (await readSecrets(db, [client])).get(client) ?? []
}

export function toSecret(row: Omit<SecretRow, 'client' | 'kind' | 'origin'>): SecretRecord {
  return {
    id: row.id,
    digest: packDigest(row.material),
    pepperVersion: row.digest_version,
    lastFour: row.last_four,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    expiresAtBeforeRotation: row.expires_at_before_rotation,
    startedBy: row.started_by ?? 'operator',
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
    remindedAt: row.reminded_at,
    tokensEndAt: row.tokens_end_at,
  }
}

export function toClient(
  row: Selectable<Schema['clients']>,
  organization: ClientRecord['organization'],
  secrets: readonly SecretRecord[],
  onDamage: OnDamage = ignore,
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
    // The holder of the secret of a damaged client must get the 503 for the damage, not a 401 for the method before it.
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

/** The offset of the next digest. */
let roomForDigests = Buffer.alloc(0)

/**
 * Digests share one buffer: thousands of small arrays would cost more than their content, and each one from Buffer's pool would keep 64
 * KiB alive for nothing else.
 */
function packDigest(digest: Uint8Array): Buffer {
  if (roomForDigests.length < digest.length) roomForDigests = Buffer.alloc(2048)
  const packed = roomForDigests.subarray(0, digest.length)
  packed.set(digest)
  roomForDigests = roomForDigests.subarray(digest.length)
  return packed
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

const digestLength = 32

/** A damaged secret matches nothing; the other secret of the client still works. */
function withoutDamaged(secrets: readonly SecretRecord[], onDamage: OnDamage): readonly SecretRecord[] {
  return secrets.filter(({ id, digest }) => {
    if (digest.length !== digestLength) onDamage({ table: 'credentials', row: id, column: 'material' })
    return digest.length === digestLength
  })
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
