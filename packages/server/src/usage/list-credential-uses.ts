// From where credentials were used, for operators. Rows outlive their credential.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Schema } from '../store/schema.ts'
import { readStandings } from './credential-standing.ts'

type Use = OperationOutput<'credentials.uses'>['items'][number]
export type UsedFrom = OperationOutput<'organizations.due'>['items'][number]['usedFrom'][number]

const order = { by: '-lastAt', column: 'last_at', holds: 'number', id: 'place' } as const

interface UsesFilter {
  readonly realm: string
  readonly client?: string | undefined
  /** Leaves out uses for another organization, and those that began before: of an earlier client with the same id. Milliseconds. */
  readonly own?: { readonly organizationId: string; readonly since: number }
}

/** Most recent first. */
export async function listCredentialUses(
  db: Kysely<Schema>,
  filter: UsesFilter,
  now: number,
  request: PageRequest,
): Promise<OperationOutput<'credentials.uses'>> {
  let uses = db
    .selectFrom('credential_uses as used')
    .leftJoin('organizations', 'organizations.id', 'used.organization_id')
    .selectAll('used')
    .select(['organizations.slug', sql<string>`used.credential || ' ' || used.address || ' ' || used.user_agent`.as('place')])
    .where('used.realm', '=', filter.realm)
  if (filter.client !== undefined) uses = uses.where('used.client_id', '=', filter.client)
  if (filter.own) uses = uses.where('used.organization_id', '=', filter.own.organizationId).where('used.first_at', '>=', filter.own.since)
  const { rows, next } = await readPage(db.selectFrom(uses.as('uses')).selectAll(), order, request)
  const ids = rows.map(({ credential }) => credential)
  const standingOf = await readStandings(db, ids, now)
  return {
    items: rows.map((row): Use => {
      const { credential: id, kind, label, client_id: client, slug: organization, first_at: firstAt } = row
      const { address, userAgent, lastAt, count } = describeFrom(row)
      const { state, createdAt } = standingOf(id)
      return {
        client,
        organization,
        credential: { id, kind, label, state, createdAt: toInstantOrNull(createdAt) },
        address,
        userAgent,
        firstAt: toInstant(Number(firstAt)),
        lastAt,
        count,
      }
    }),
    next,
  }
}

/** The last pairs that used one of these credentials. */
export async function readUsedFrom(db: Kysely<Schema>, credential: string, limit: number): Promise<UsedFrom[]> {
  const rows = await db
    .selectFrom('credential_uses')
    .selectAll()
    .where('credential', '=', credential)
    .orderBy('last_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(describeFrom)
}

export async function countUsedFrom(db: Kysely<Schema>, credential: string): Promise<number> {
  const { pairs } = await db
    .selectFrom('credential_uses')
    .select((of) => of.fn.countAll().as('pairs'))
    .where('credential', '=', credential)
    .executeTakeFirstOrThrow()
  return Number(pairs)
}

export function describeFrom({
  address,
  user_agent: userAgent,
  last_at: lastAt,
  count,
}: Pick<Schema['credential_uses'], 'address' | 'user_agent' | 'last_at' | 'count'>): UsedFrom {
  const isOthers = address === ''
  return {
    address: isOthers ? null : address,
    userAgent: isOthers ? null : userAgent,
    lastAt: toInstant(Number(lastAt)),
    count: Number(count),
  }
}
