// Changes to claim sets, the grants that clients share. Every function is one step inside a change.
import type { Kysely, Selectable } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { parseGrant } from '../cache/read-grants.ts'
import { toInstant } from '../api/instants.ts'
import { refuseOutdated } from '../api/if-match.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { checkGrant } from './check-grant.ts'
import { summarizeGrant } from './summarize-grant.ts'
import { checkTokenSizesOf } from './token-size.ts'

type ClaimSetRow = Selectable<Schema['claim_sets']>

/** All of them are in the memory of every node. */
const maxOfRealm = 1000

export async function createClaimSet(
  { db, now, record }: Change<'claimSets.create'>,
  realm: Realm,
  { name, description, grant }: CheckedInput<'claimSets.create'>['body'],
): Promise<void> {
  checkGrant(realm, grant, { pointer: '/grant' })
  if (await findRow(db, realm, name))
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has a claim set "${name}" already.`,
      remedy: 'Change that one, or choose another name.',
      errors: [{ pointer: '/name', detail: `the realm has a claim set "${name}" already` }],
    })
  const { count } = await db
    .selectFrom('claim_sets')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('realm', '=', realm.name)
    .executeTakeFirstOrThrow()
  if (Number(count) >= maxOfRealm)
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has ${maxOfRealm} claim sets, which is the limit.`,
      remedy: 'Let clients share them: what differs between clients belongs into the grant of the client.',
    })
  const times = { created_at: now, updated_at: now }
  await db
    .insertInto('claim_sets')
    .values({ realm: realm.name, name, description, content: JSON.stringify(grant), ...times })
    .execute()
  // No client can use it yet, but every node must know it before one does.
  record({ subject: { realm: realm.name }, changed: 'claims', detail: { claimSet: name, grant: summarizeGrant(grant) } })
}

export async function updateClaimSet(
  change: Change<'claimSets.update'>,
  realm: Realm,
  name: string,
  { description, grant }: CheckedInput<'claimSets.update'>['body'],
): Promise<void> {
  if (grant) checkGrant(realm, grant, { pointer: '/grant' })
  const { db, now, record } = change
  const before = await lockClaimSet(change, realm, name)
  await db
    .updateTable('claim_sets')
    .set({ description, content: grant && JSON.stringify(grant), updated_at: now })
    .where('realm', '=', realm.name)
    .where('name', '=', name)
    .execute()
  if (grant) await checkTokenSizesOf(db, realm, name, grant)
  record({
    subject: { realm: realm.name },
    changed: 'claims',
    detail: {
      claimSet: name,
      ...(grant && { grant: summarizeGrant(grant), before: summarizeGrant(parseGrant(before.content)) }),
      clients: await countClients(db, realm.name, name),
    },
  })
}

export async function deleteClaimSet(change: Change<'claimSets.delete'>, realm: Realm, name: string): Promise<void> {
  const { db, record } = change
  const { content } = await lockClaimSet(change, realm, name)
  const clients = await countClients(db, realm.name, name)
  if (clients > 0)
    throw new ProblemError('conflict', {
      detail: `The claim set "${name}" is used by ${clients} ${clients === 1 ? 'client' : 'clients'}.`,
      remedy: 'Give these clients another claim set, or none, first.',
    })
  await db.deleteFrom('claim_sets').where('realm', '=', realm.name).where('name', '=', name).execute()
  record({ subject: { realm: realm.name }, changed: 'claims', detail: { claimSet: name, before: summarizeGrant(parseGrant(content)) } })
}

/** @throws ProblemError `not-found` */
export async function requireClaimSet({ db }: Pick<Change, 'db'>, realm: Realm, name: string): Promise<void> {
  if (!(await findRow(db, realm, name))) throw noSuchClaimSet(realm, name)
}

/** @throws ProblemError `not-found` */
export async function describeClaimSet(db: Kysely<Schema>, realm: Realm, name: string): Promise<OperationOutput<'claimSets.get'>> {
  const row = await findRow(db, realm, name)
  if (!row) throw noSuchClaimSet(realm, name)
  return describeRow(db, row)
}

export async function describeRow(db: Kysely<Schema>, row: ClaimSetRow): Promise<OperationOutput<'claimSets.get'>> {
  const { realm, name, description, version } = row
  return {
    name,
    realm,
    description,
    grant: parseGrant(row.content),
    clients: await countClients(db, realm, name),
    version,
    createdAt: toInstant(row.created_at),
    updatedAt: toInstant(row.updated_at),
  }
}

async function lockClaimSet({ db, expectedVersions }: Change, realm: Realm, name: string): Promise<ClaimSetRow> {
  const row = await db
    .updateTable('claim_sets')
    .set((set) => ({ version: set('version', '+', 1) }))
    .where('realm', '=', realm.name)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noSuchClaimSet(realm, name)
  refuseOutdated(expectedVersions, row.version - 1)
  return row
}

async function countClients(db: Kysely<Schema>, realm: string, name: string): Promise<number> {
  const { count } = await db
    .selectFrom('clients')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('realm', '=', realm)
    .where('claim_set', '=', name)
    .executeTakeFirstOrThrow()
  return Number(count)
}

function findRow(db: Kysely<Schema>, realm: Realm, name: string): Promise<ClaimSetRow | undefined> {
  return db.selectFrom('claim_sets').selectAll().where('realm', '=', realm.name).where('name', '=', name).executeTakeFirst()
}

function noSuchClaimSet(realm: Realm, name: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `The realm "${realm.name}" has no claim set "${name}".`,
    remedy: `List the claim sets of the realm to see their names, or create it: countersign claim-set create ${name} --realm ${realm.name}`,
  })
}
