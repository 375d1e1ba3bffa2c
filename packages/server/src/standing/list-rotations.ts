// The rotations of a realm that are in progress, by the end of their window. They are looked for among all secrets that will end, some at a
// time by the index credentials_expiry, so the cost grows with these and not with the number of clients.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { readCursor, readPage, writeCursor } from '../api/page.ts'
import type { Realm } from '../realms/realm.ts'
import { describeRotation } from '../rotation/describe-rotation.ts'
import { quietFrom, readStanding, settingsFor, type Standing } from '../rotation/rotation-rules.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { confirmableFrom, readCredentialFacts, type CredentialFacts } from './client-standing.ts'

type Query = CheckedInput<'rotation.list'>['query']
type Listed = OperationOutput<'rotation.list'>['items'][number]

export interface FoundRotation {
  /** The internal id of the old secret. */
  readonly id: string
  readonly endsAt: number
  readonly client: RotatingClient
  readonly standing: Exclude<Standing, { state: 'stable' }>
  readonly confirmableFrom: number | undefined
  readonly cutsOff: Listed['cutsOff']
  readonly secrets: CredentialFacts['secrets']
}

type RotatingClient = Awaited<ReturnType<typeof readClients>> extends ReadonlyMap<string, infer Client> ? Client : never

type Walk = Pick<Query, 'sort' | 'after'> & { readonly endsBefore?: number | undefined; readonly organizationId?: string | undefined }

/** Secrets that are read at once. */
const rowsPerPart = 250

/** Some at a time, between which other requests are answered; possibly none. */
export async function* walkRotations(
  db: Kysely<Schema>,
  realm: Realm,
  { sort, after, endsBefore, organizationId }: Walk,
  now: number,
): AsyncGenerator<readonly FoundRotation[]> {
  const order = orderOf(sort)
  for (let cursor = after; ;) {
    const place = cursor === undefined ? undefined : (readCursor(cursor, order).value as number)
    const { rows, next } = await readPage(selectEnding(db, sort, place, now, endsBefore), order, { limit: rowsPerPart, after: cursor })
    const clients = await readClients(db, realm.name, [...new Set(rows.map(({ client }) => client))], organizationId)
    const factsOf = await readCredentialFacts(db, [...clients.keys()])
    yield rows.flatMap(({ id, client: of, expires_at: endsAt }) => {
      const client = clients.get(of)
      const found = client && toRotation(realm, client, factsOf(of), now)
      return found?.standing.old.id === id ? [{ ...found, id, endsAt: endsAt ?? now }] : []
    })
    if (next === null) return
    cursor = next
    await otherRequests()
  }
}

/** @param place the end of the secret before; the index has no secrets without an end, and must begin there */
function selectEnding(db: Kysely<Schema>, sort: Query['sort'], place: number | undefined, now: number, endsBefore: number | undefined) {
  const isDescending = sort.startsWith('-')
  let query = db
    .selectFrom('credentials')
    .select(['id', 'client', 'expires_at'])
    .where('kind', '=', 'client_secret')
    .where('expires_at', '>=', isDescending ? now + 1 : Math.max(now + 1, place ?? 0))
  if (endsBefore !== undefined) query = query.where('expires_at', '<', endsBefore)
  return isDescending && place !== undefined ? query.where('expires_at', '<=', place) : query
}

export async function listRotations(
  db: Kysely<Schema>,
  realm: Realm,
  { limit, state, confirmable, endsBefore, ...query }: Omit<Query, 'organization'> & Pick<Walk, 'organizationId'>,
  now: number,
): Promise<OperationOutput<'rotation.list'>> {
  const walk = { ...query, endsBefore: endsBefore === undefined ? undefined : Date.parse(endsBefore) }
  const wanted: FoundRotation[] = []
  for await (const found of walkRotations(db, realm, walk, now)) {
    wanted.push(
      ...found.filter(
        ({ standing, confirmableFrom: from = Infinity }) =>
          (state === undefined || standing.state === state) && (confirmable === undefined || from <= now === confirmable),
      ),
    )
    if (wanted.length > limit) break
  }
  const last = wanted[limit - 1]
  return {
    items: wanted.slice(0, limit).map((one) => describe(realm, one, now)),
    next: wanted.length > limit && last ? writeCursor(orderOf(query.sort), last.endsAt, last.id) : null,
  }
}

function orderOf(sort: Query['sort']) {
  return { by: sort, column: 'expires_at', holds: 'number', id: 'id' } as const
}

/** By their internal id. */
async function readClients(db: Kysely<Schema>, realm: string, ids: readonly string[], organizationId: string | undefined) {
  let query = db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['clients.id', 'client_id', 'clients.name', 'clients.enabled', 'service_account_enabled', 'access_token_lifetime'])
    .select(['organization_id', 'organizations.slug', 'organizations.name as organization_name', 'organizations.status'])
    .where('clients.id', 'in', oneOf(db, ids))
    .where('clients.realm', '=', realm)
  if (organizationId !== undefined) query = query.where('organization_id', '=', organizationId)
  return new Map((await query.execute()).map((client) => [client.id, client]))
}

function toRotation(realm: Realm, client: RotatingClient, { secrets }: CredentialFacts, now: number) {
  const standing = readStanding(secrets, now)
  if (standing.state === 'stable') return undefined
  const isOldInUse = quietFrom(standing.old, settingsFor(realm, client.access_token_lifetime)) > now
  const cutsOff = standing.state === 'issued' ? 'new-unused' : isOldInUse ? 'old-in-use' : null
  return { client, standing, cutsOff, confirmableFrom: confirmableFrom(standing, realm, client.access_token_lifetime), secrets } as const
}

function describe(realm: Realm, { client, secrets, cutsOff, ...rotation }: FoundRotation, now: number): Listed {
  const { client_id: clientId, organization_id: id, slug, organization_name: organization, access_token_lifetime: lifetime } = client
  return {
    ...describeRotation(clientId, secrets, settingsFor(realm, lifetime), now),
    name: client.name,
    enabled: client.enabled === 1 && client.service_account_enabled === 1,
    organization: { id, slug, name: organization },
    confirmable: (rotation.confirmableFrom ?? Infinity) <= now,
    cutsOff,
  }
}
