// Who is signed in, for operators: sessions of clients and persons in one list.
import type { Kysely } from 'kysely'
import { readPage, type PageRequest } from '../api/page.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface SessionsFilter {
  readonly mount?: Schema['sessions']['mount'] | undefined
  readonly realm?: string | undefined
  /** Of these realms only; undefined for all. */
  readonly realms: readonly string[] | undefined
  /** Of this time; those that have ended are left out. Milliseconds. */
  readonly now: number
  /** How long a session lasts without being used at each mount that there is. Milliseconds. */
  readonly idleMs: { readonly [Mount in Schema['sessions']['mount']]?: number }
}

const order = { by: '-signedInAt', column: 'signed_in_at', holds: 'number', id: 'id' } as const

export type ListedSession = Awaited<ReturnType<typeof listSessions>>['rows'][number]

/** Most recent sign-in first. */
export function listSessions(db: Kysely<Schema>, { mount, realm, realms, now, idleMs }: SessionsFilter, page: PageRequest) {
  let query = db
    .selectFrom(selectOwners(db).as('sessions'))
    .selectAll()
    .where('ends_at', '>', now)
    .where((where) =>
      where.or(mountsOf(idleMs).map(([name, idle]) => where.and([where('mount', '=', name), where('seen_at', '>', now - idle)]))),
    )
  if (mount !== undefined) query = query.where('mount', '=', mount)
  if (realm !== undefined) query = query.where('realm', '=', realm)
  if (realms) query = realms.length === 0 ? query.where('id', '=', '') : query.where('realm', 'in', oneOf(db, realms))
  return readPage(query, order, page)
}

type Owned = Awaited<ReturnType<ReturnType<typeof selectOwners>['execute']>>[number]

/** By its id, whether or not it has ended. */
export function findSession(db: Kysely<Schema>, id: string): Promise<Owned | undefined> {
  return db.selectFrom(selectOwners(db).as('sessions')).selectAll().where('id', '=', id).executeTakeFirst()
}

function mountsOf(idleMs: SessionsFilter['idleMs']): (readonly [mount: Schema['sessions']['mount'], idle: number])[] {
  return (['console', 'portal'] as const).map((mount) => [mount, idleMs[mount] ?? 0] as const)
}

/** The rows of both kinds of owners have the same names. */
function selectOwners(db: Kysely<Schema>) {
  return db
    .selectFrom('sessions')
    .leftJoin('clients', 'clients.id', 'sessions.client')
    .leftJoin('people', 'people.id', 'sessions.person')
    .innerJoin('organizations', (join) =>
      join.on((on) => on('organizations.id', '=', on.fn.coalesce('clients.organization_id', 'people.organization_id'))),
    )
    .select(['sessions.id', 'mount', 'sessions.client', 'sessions.person', 'signed_in_at', 'seen_at', 'ends_at', 'sessions.address'])
    .select(['user_agent', 'clients.client_id', 'organizations.realm', 'organizations.slug'])
    .select(['organizations.id as organization_id', 'organizations.name as organization_name'])
    .select((of) => of.fn.coalesce('clients.name', 'people.name').as('name'))
}
