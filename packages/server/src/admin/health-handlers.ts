// The health of the server. It asks the checks that `/readyz` and the metrics are made of, and judges nothing itself.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { activation } from '../keys/key-rows.ts'
import { isKeyOverdue, listActiveKeys, type ActiveKey } from '../monitoring/watch-signing-keys.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'
import { describeNode, findCuts, readNodes, warningsOf } from './read-health.ts'

type Health = OperationOutput<'health.get'>

const maxWarnings = 100
const maxKeys = 100

export function healthHandlers(context: AdminContext) {
  const { db, clock, health } = context

  function describeKeys(now: number): Pick<Health, 'signingKeys' | 'moreSigningKeys'> {
    const isOverdue = (key: ActiveKey) => isKeyOverdue(key, now)
    const keys = listActiveKeys(context).toSorted(
      (a, b) => Number(isOverdue(b)) - Number(isOverdue(a)) || activation(a.row) - activation(b.row),
    )
    const signingKeys = keys.slice(0, maxKeys).map((key) => {
      const { realm, algorithm, row, reserves } = key
      const activatedAt = toInstant(activation(row))
      return { realm: realm.name, algorithm, keyId: row.kid, activatedAt, reserves, overdue: isOverdue(key) }
    })
    return { signingKeys, moreSigningKeys: keys.length - signingKeys.length }
  }

  return {
    'health.get': async () => {
      const now = clock()
      const nodes = await readNodes(health, now)
      const found = [...warningsOf(nodes), ...(await findCuts(health))]
      const warnings = found.toSorted((a, b) => Number(b.severity === 'bad') - Number(a.severity === 'bad')).slice(0, maxWarnings)
      return {
        at: toInstant(now),
        state: warnings[0]?.severity ?? 'ok',
        warnings,
        nodes: nodes.map(describeNode),
        database: await describeDatabase(db),
        ...describeKeys(now),
      }
    },
  } satisfies Partial<AdminHandlers>
}

async function describeDatabase(db: Kysely<Schema>): Promise<Health['database']> {
  const { value } = await db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()
  const applied = sql<{ name: string }>`select name from kysely_migration order by name desc limit 1`
  const migration = (await applied.execute(db)).rows[0]?.name ?? ''
  const isOnPostgres = isPostgres(db)
  const facts = isOnPostgres
    ? sql<Facts>`select current_setting('server_version') as version, pg_database_size(current_database()) as size`
    : sql<Facts>`select sqlite_version() as version, (select page_count * page_size from pragma_page_count(), pragma_page_size()) as size`
  const { version, size } = (await facts.execute(db)).rows[0]!
  return { kind: isOnPostgres ? 'postgres' : 'sqlite', version, migration, sizeBytes: Number(size), revision: Number(value) }
}

interface Facts {
  readonly version: string
  readonly size: number | string
}
