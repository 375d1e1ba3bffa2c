// What depends on each version of the pepper: secrets of clients, and the audit log as far as it was written without an audit key.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { RingStanding } from '../keys/live-rings.ts'
import type { Schema } from '../store/schema.ts'
import { currentVersion, describeNodes, describeVersions } from './describe-rings.ts'

export async function readPepperState(db: Kysely<Schema>, standing: RingStanding, now: number): Promise<OperationOutput<'pepper.get'>> {
  const current = currentVersion(standing)
  const counts = await db
    .selectFrom('credentials')
    .select(['digest_version as version', ({ fn }) => fn.countAll<number>().as('secrets')])
    .select(({ fn }) => fn.count<number>('client').distinct().as('clients'))
    .where('kind', '=', 'client_secret')
    .groupBy('digest_version')
    .execute()
  const versions = []
  for (const described of describeVersions(
    standing,
    counts.map(({ version }) => version),
  )) {
    const { version } = described
    const all = counts.find((one) => one.version === version)
    // Those of the current version are many, and are not what an operator looks for.
    const isCounted = version !== current && all !== undefined
    const counted = isCounted
      ? await countSecrets(db, version, now)
      : { clients: all?.clients ?? 0, secrets: all?.secrets ?? 0, ...noDetails }
    versions.push({ ...described, ...counted, auditLog: await hasSeals(db, version) })
  }
  return { current, versions, nodes: describeNodes(standing) }
}

const noDetails = { expiredSecrets: 0, realms: {} }

/** Rows that are counted at once: SQLite counts without answering other requests. */
const maxCounted = 5000

async function countSecrets(db: Kysely<Schema>, version: number, now: number) {
  const clients = new Set<string>()
  const realms: Record<string, number> = {}
  let [secrets, expiredSecrets] = [0, 0]
  let last = { client: '', id: '' }
  for (;;) {
    const rows = await selectSecrets(db, version)
      .select(['credentials.client', 'credentials.id', 'clients.realm', 'expires_at'])
      .where(sql<boolean>`(credentials.client, credentials.id) > (${last.client}, ${last.id})`)
      .orderBy('credentials.client')
      .orderBy('credentials.id')
      .limit(maxCounted)
      .execute()
    for (const { client, realm, expires_at: expiresAt } of rows) {
      if (expiresAt !== null && expiresAt <= now) {
        expiredSecrets++
        continue
      }
      secrets++
      if (!clients.has(client)) realms[realm] = (realms[realm] ?? 0) + 1
      clients.add(client)
    }
    if (rows.length < maxCounted) return { clients: clients.size, secrets, expiredSecrets, realms }
    last = rows.at(-1)!
    await otherRequests()
  }
}

/** With their clients. */
function selectSecrets(db: Kysely<Schema>, version: number) {
  return db
    .selectFrom('credentials')
    .innerJoin('clients', 'clients.id', 'credentials.client')
    .where('credentials.kind', '=', 'client_secret')
    .where('digest_version', '=', version)
}

/** Those that a client can still use, or could if it were enabled. */
export function selectUsableSecrets(db: Kysely<Schema>, version: number, now: number) {
  return selectSecrets(db, version).where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
}

/** Every run of a server stores a seal before its first event, and all that it writes is under one key. */
export async function hasSeals(db: Kysely<Schema>, version: number): Promise<boolean> {
  const seal = await db
    .selectFrom('audit_seals')
    .select('number')
    .where(sql<boolean>`substr(mac, 1, 1) <> 'a'`) // As in the index.
    .where('mac', '>=', `${version}:`)
    .where('mac', '<', `${version};`)
    .limit(1)
    .executeTakeFirst()
  return seal !== undefined
}

export async function listPepperClients(
  db: Kysely<Schema>,
  version: number,
  { realm, ...page }: PageRequest & { readonly realm?: string | undefined },
  now: number,
): Promise<OperationOutput<'pepper.clients'>> {
  let query = selectUsableSecrets(db, version, now)
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['clients.realm', 'client_id', 'slug', 'enabled', 'credentials.id', 'last_four', 'last_used_at', 'expires_at'])
  if (realm !== undefined) query = query.where('clients.realm', '=', realm)
  const { rows, next } = await readPage(query, { by: 'client', column: 'credentials.client', holds: 'string', id: 'credentials.id' }, page)
  const items = rows.map((row) => ({
    realm: row.realm,
    client: row.client_id,
    organization: row.slug,
    enabled: row.enabled === 1,
    secret: {
      id: row.id,
      lastFour: row.last_four,
      lastUsedAt: toInstantOrNull(row.last_used_at),
      expiresAt: toInstantOrNull(row.expires_at),
    },
  }))
  return { items, next }
}
