// The rotations of a realm that are in progress, by the end of their window. They are looked for among all secrets that will end, some at a
// time by the index credentials_expiry, so the cost grows with these and not with the number of clients.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { readCursor, readPage, writeCursor } from '../api/page.ts'
import type { Realm } from '../realms/realm.ts'
import { advisedFrom, adviseOn } from '../rotation/advised-end.ts'
import { describeRotation } from '../rotation/describe-rotation.ts'
import { readStanding, settingsFor, type Standing } from '../rotation/rotation-rules.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { readUsualUses, type UsualUse } from '../usage/usual-use.ts'
import { confirmableFrom, cutsOffOf, readCredentialFacts, type CredentialFacts } from './client-standing.ts'

type Query = CheckedInput<'rotation.list'>['query']
type Listed = OperationOutput<'rotation.list'>['items'][number]

export interface FoundRotation {
  /** The internal id of the old secret. */
  readonly id: string
  readonly endsAt: number
  readonly client: RotatingClient
  readonly standing: Exclude<Standing, { state: 'stable' }>
  readonly confirmableFrom: number | undefined
  /** When it is advised to end the old secret. */
  readonly advisedFrom: number | undefined
  /** Of the old secret. */
  readonly usual: UsualUse | undefined
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
    const rotating = rows.flatMap(({ id, client: of, expires_at: endsAt }) => {
      const client = clients.get(of)
      const { secrets } = factsOf(of)
      const standing = readStanding(secrets, now)
      if (!client || standing.state === 'stable' || standing.old.id !== id) return []
      return [{ id, endsAt: endsAt ?? now, client, secrets, standing }]
    })
    const old = rotating.map(({ id, client }) => ({ clientId: client.client_id, secretId: id }))
    const usual = await readUsualUses(db, realm.name, old, now)
    yield rotating.map((one) => Object.assign(one, judge(realm, one, usual.get(one.id), now)))
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

function judge(
  realm: Realm,
  { client, standing }: Pick<FoundRotation, 'client' | 'standing'>,
  usual: UsualUse | undefined,
  now: number,
): Pick<FoundRotation, 'confirmableFrom' | 'advisedFrom' | 'usual' | 'cutsOff'> {
  const from = confirmableFrom(standing, realm, client.access_token_lifetime)
  const advised = advisedFrom(from, standing.old.lastUsedAt, usual)
  return { confirmableFrom: from, advisedFrom: advised, usual, cutsOff: cutsOffOf(standing, advised, now) }
}

function describe(realm: Realm, { client, secrets, cutsOff, usual, ...rotation }: FoundRotation, now: number): Listed {
  const { client_id: clientId, organization_id: id, slug, organization_name: organization, access_token_lifetime: lifetime } = client
  const status = describeRotation(clientId, secrets, settingsFor(realm, lifetime), now)
  return {
    ...status,
    ...adviseOn(status, usual),
    name: client.name,
    enabled: client.enabled === 1 && client.service_account_enabled === 1,
    organization: { id, slug, name: organization },
    confirmable: (rotation.confirmableFrom ?? Infinity) <= now,
    cutsOff,
  }
}
