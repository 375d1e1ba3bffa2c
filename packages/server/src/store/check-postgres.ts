// Refuses a database at PostgreSQL that cannot hold what the product promises, before anything is written to it.
import type { PoolClient } from 'pg'
import type { Login } from './login.ts'
import { describeLocation } from './location.ts'
import { createPool } from './postgres.ts'
import { readPostgresFacts } from './postgres-facts.ts'
import { findPostgresFaults } from './postgres-faults.ts'
import { describePooler, findPoolerFault, isRefusedByPooler } from './postgres-pooler.ts'
import { StoreError } from './store-errors.ts'

/** Of a database that is far away or busy: whether it is near enough is measured when the pools are opened. */
const limits = { poolSize: 2, connectMilliseconds: 5000, answerMilliseconds: 5000, lockMilliseconds: 2000 }
/** As PostgreSQL prints them: of a statement, of a lock, of an idle transaction. */
const limitsAsShown = '4s 2s 10s'

/** @throws StoreError with every reason; any other error if the database cannot be asked */
export async function checkPostgres(login: Login): Promise<void> {
  const faults = await findFaults(login)
  if (faults.length === 0) return
  throw new StoreError(
    `The database "${describeLocation(login.url())}" cannot hold what Countersign promises:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  )
}

async function findFaults(login: Login): Promise<string[]> {
  const pool = createPool(login, limits)
  const clients: PoolClient[] = []
  try {
    for (let i = 0; i < 2; i++) clients.push(await pool.connect())
    const [one, other] = clients as [PoolClient, PoolClient]
    const pooler = await findPoolerFault(one, other)
    if (pooler !== undefined) return [describePooler(pooler)]
    return findPostgresFaults(await readPostgresFacts(one), limitsAsShown)
  } catch (error) {
    if (!isRefusedByPooler(error)) throw error
    return [describePooler((error as Error).message)]
  } finally {
    for (const client of clients) client.release(true)
    await pool.end()
  }
}
