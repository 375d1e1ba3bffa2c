// The numbers of a realm that need a look at each of its rows, some at a time, between which other requests are answered.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { readPage, readParts } from '../api/page.ts'
import { toInstant } from '../api/instants.ts'
import type { Realm } from '../realms/realm.ts'
import { readStanding } from '../rotation/rotation-rules.ts'
import { readRequiredVersions } from '../standing/acceptances.ts'
import { countAgreementStanding } from '../standing/agreement-standing.ts'
import { isSecretDue, readCredentialFacts } from '../standing/client-standing.ts'
import type { Schema } from '../store/schema.ts'

type Agreement = OperationOutput<'realms.summary'>['counts']['agreement']

const order = { by: 'clientId', column: 'client_id', holds: 'string', id: 'id' } as const

/** By the index of the unique client id, then by the index credentials_client. */
export async function countClients(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
): Promise<{ readonly clients: number; readonly due: number }> {
  const query = db.selectFrom('clients').select('id').where('realm', '=', realm.name)
  let [clients, due] = [0, 0]
  for await (const rows of readParts((page) => readPage(query, order, page))) {
    const factsOf = await readCredentialFacts(
      db,
      rows.map(({ id }) => id),
    )
    clients += rows.length
    for (const { id } of rows) if (isSecretDue(readStanding(factsOf(id).secrets, now), realm, now)) due++
  }
  return { clients, due }
}

/** By the index of the unique slug alone. */
export async function countOrganizations(db: Kysely<Schema>, realm: string): Promise<number> {
  const { count } = await db
    .selectFrom('organizations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('realm', '=', realm)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Without a version that is or becomes required, no organization is looked at. */
export async function countAgreement(db: Kysely<Schema>, realm: Realm, now: number): Promise<Agreement> {
  const { current, coming } = await readRequiredVersions(db, realm, now)
  const [next] = coming
  const counts = await countAgreementStanding(
    db,
    realm,
    [current, next?.version ?? null].filter((version) => version !== null),
  )
  const ofNext = next && counts.get(next.version)
  return {
    requiredVersion: current,
    ...((current === null ? undefined : counts.get(current)) ?? { accepted: 0, outdated: 0, missing: 0 }),
    coming:
      next && ofNext ? { version: next.version, requiredFrom: toInstant(next.at), unaccepted: ofNext.outdated + ofNext.missing } : null,
  }
}

const mostRefused = 100_000

/** By the index refusals_of_realm alone. */
export async function countRefused(db: Kysely<Schema>, realm: string, since: number): Promise<number> {
  const kept = db.selectFrom('refusals').select('at').where('realm', '=', realm).where('at', '>=', since).limit(mostRefused)
  const { count } = await db
    .selectFrom(kept.as('kept'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
