// How the organizations of a realm that call APIs stand with a version of the Data Processing Agreement: a list of them, and their numbers.
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { dpaStatus } from '@countersign/protocol'
import { toInstantOrNull } from '../api/instants.ts'
import { keepPage, readPage, readParts, type PageRequest } from '../api/page.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { readAcceptances, selectCallers, type Acceptance } from './acceptances.ts'
import { readActivities } from './organization-standing.ts'

type Query = CheckedInput<'dpa.standing'>['query']
type Listed = OperationOutput<'dpa.standing'>['items'][number]
export type AgreementCounts = NonNullable<OperationOutput<'dpa.standing'>['counts']>

/** The index of the unique slug has all organizations of a realm in this order. */
const order = { by: 'slug', column: 'slug', holds: 'string', id: 'id' } as const

/**
 * @param version by which it is judged
 * @param scopes of the operator
 */
export async function listAgreementStanding(
  db: Kysely<Schema>,
  realm: Realm,
  version: string,
  { standing, limit, after }: Query,
  scopes: ReadonlySet<string>,
  now: number,
): Promise<Pick<OperationOutput<'dpa.standing'>, 'items' | 'next'>> {
  const read = (page: PageRequest) => readPage(selectCallers(db, realm.name).select(['id', 'slug', 'name']), order, page)
  const acceptances = new Map<string, Acceptance>()
  const keep = async <Row extends { readonly id: string }>(rows: readonly Row[]): Promise<readonly Row[]> => {
    for (const [id, acceptance] of await readAcceptances(db, idsOf(rows))) acceptances.set(id, acceptance)
    return rows.filter(({ id }) => standing === undefined || standingOf(version, acceptances.get(id)) === standing)
  }
  const { rows, next } = await keepPage(read, order, { limit, after }, keep)
  const activities = await readActivities(db, realm.name, idsOf(rows), scopes, now)
  const items = rows.map(({ id, slug, name }): Listed => {
    const accepted = acceptances.get(id)
    return {
      organization: { id, slug, name },
      standing: standingOf(version, accepted),
      acceptedVersion: accepted?.version ?? null,
      acceptedAt: toInstantOrNull(accepted?.acceptedAt ?? null),
      acceptedBy: accepted?.acceptedBy ?? null,
      refused: activities(id).refused,
    }
  })
  return { items, next }
}

/** By each of the versions, in one walk over all organizations: two seeks of an index for each. */
export async function countAgreementStanding(
  db: Kysely<Schema>,
  realm: Realm,
  versions: readonly string[],
): Promise<ReadonlyMap<string, AgreementCounts>> {
  const counts = new Map(versions.map((version) => [version, { accepted: 0, outdated: 0, missing: 0 }]))
  if (counts.size === 0) return counts
  const read = (page: PageRequest) => readPage(selectCallers(db, realm.name).select('id'), order, page)
  for await (const rows of readParts(read)) {
    const acceptances = await readAcceptances(db, idsOf(rows))
    for (const { id } of rows) for (const [version, count] of counts) count[standingOf(version, acceptances.get(id))]++
  }
  return counts
}

export function standingOf(version: string, accepted: Pick<Acceptance, 'version'> | undefined): Listed['standing'] {
  const status = dpaStatus(version, accepted?.version ?? null)
  return status === 'not-required' ? 'accepted' : status
}

function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
