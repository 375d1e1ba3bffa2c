// SQLite answers within the call: what reads ten things would hold up every token request until it has them all.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** The same database, for reads that others need not wait for: after each statement the process does what else is to be done. */
export function inTurns(db: Kysely<Schema>): Kysely<Schema> {
  return db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      await nextTurn()
      return result
    },
  })
}
