// The persons with a name, for a search by who did something. Those who were removed are known by what they did lately; later by their id only.
import type { Kysely } from 'kysely'
import { successes } from '../../store/migration-021.ts'
import type { Schema } from '../../store/schema.ts'

/** Several may have one name. */
const maxPersons = 20
/** Changes and sign-ins that are looked through for persons who were removed: some 10 ms. */
const maxEvents = 10_000

/** Ids. @param name may be the id of a client or a person as well: of an actor that is known no person is looked for among the events */
export async function findPersons(db: Kysely<Schema>, name: string): Promise<string[]> {
  const present = await db.selectFrom('people').select('id').where('name', '=', name).orderBy('id').limit(maxPersons).execute()
  if (present.length > 0 || (await isActor(db, name))) return present.map(({ id }) => id)
  const recent = db
    .selectFrom('audit_events')
    .select(['actor_kind', 'actor_id', 'on_behalf_of'])
    .where(successes)
    .orderBy('id', 'desc')
    .limit(maxEvents)
    .as('recent')
  const removed = await db
    .selectFrom(recent)
    .select('actor_id')
    .distinct()
    .where('actor_kind', '=', 'person')
    .where('on_behalf_of', '=', name)
    .limit(maxPersons)
    .execute()
  return removed.flatMap(({ actor_id: id }) => id ?? [])
}

async function isActor(db: Kysely<Schema>, id: string): Promise<boolean> {
  return (await db.selectFrom('audit_events').select('id').where('actor_id', '=', id).limit(1).executeTakeFirst()) !== undefined
}
