// Keycloak's list of clients with its parameters, as Keycloak 26 reads them: without "max", or with a negative one, the list has all
// clients, because its tools take what they get for all there is. Read and written in portions, between which other requests are answered.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { maxClientIdLength } from '@countersign/admin'
import { contains } from '../../api/search-page.ts'
import { readClients } from '../../cache/read-clients.ts'
import type { ClientRecord } from '../../cache/records.ts'
import type { Schema } from '../../store/schema.ts'

/** An integer as Java reads one. Anything else is refused: an empty text would be 0, and "1e3" is 1000 only in JavaScript. */
const integer = z
  .string('expected an integer, once')
  .regex(/^-?\d{1,10}$/, 'expected an integer of 32 bits')
  .transform(Number)
  .refine((value) => value >= -(2 ** 31) && value < 2 ** 31, 'expected an integer of 32 bits')

/** Any other parameter that Keycloak's clients send is ignored. */
export const listQuery = z.object({
  clientId: z
    .string()
    .max(2 * maxClientIdLength)
    .optional(),
  search: z.enum(['true', 'false']).optional(),
  first: integer.optional(),
  max: integer.optional(),
})

const portion = 500

/** The list as JSON, sorted by client id. */
export async function listClients(
  db: Kysely<Schema>,
  realm: string,
  query: z.output<typeof listQuery>,
  represent: (client: ClientRecord) => object,
): Promise<string> {
  const { max = -1 } = query
  const portions: string[] = []
  let left = max < 0 ? Infinity : max
  let after: string | undefined
  while (left > 0) {
    const limit = Math.min(left, portion)
    const ids = await readIds(db, realm, query, { after, limit })
    const clients = ids.length === 0 ? new Map<string, ClientRecord>() : await readClients(db, realm, ids)
    const json = JSON.stringify(ids.flatMap((id) => clients.get(id) ?? []).map(represent)).slice(1, -1)
    if (json !== '') portions.push(json) // All of a portion may have been deleted since.
    if (ids.length < limit) break
    after = ids.at(-1)
    left -= ids.length
    await otherRequests()
  }
  return `[${portions.join(',')}]`
}

async function readIds(
  db: Kysely<Schema>,
  realm: string,
  { clientId, search, first = 0 }: z.output<typeof listQuery>,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<string[]> {
  let query = db.selectFrom('clients').select('client_id').where('realm', '=', realm)
  if (clientId !== undefined)
    query = search === 'true' ? query.where(contains(db, ['client_id'], clientId)) : query.where('client_id', '=', clientId)
  query = after === undefined ? query.offset(Math.max(first, 0)) : query.where('client_id', '>', after)
  const rows = await query.orderBy('client_id').limit(limit).execute()
  return rows.map(({ client_id }) => client_id)
}
