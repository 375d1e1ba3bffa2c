// Checks a location before a server is created for it: nothing is written.
import { fileOf, isPostgresUrl, resolveLocation } from './location.ts'
import { checkSqlitePlace } from './check-sqlite-place.ts'
import { createLogin } from './login.ts'

/** @throws StoreError if the store cannot hold what the product promises */
export async function checkStore(location: string): Promise<void> {
  const url = resolveLocation(location)
  if (!isPostgresUrl(url)) return checkSqlitePlace(fileOf(url), () => {}) // The server that is created next warns.
  const { checkPostgres } = await import('./check-postgres.ts') // Its driver is loaded only when it is needed.
  await checkPostgres(createLogin({ location }))
}
