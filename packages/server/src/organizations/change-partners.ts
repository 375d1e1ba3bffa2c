// Changes many partners of an organization, all or none: a file of thousands takes a few statements, and errors are reported per line.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CheckedInput } from '@countersign/admin'
import type { FieldError } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { lockOrganization, type OrganizationRow } from './lock-organization.ts'

type Body = CheckedInput<'partners.change'>['body']

/** SQLite works on a statement without answering other requests. The largest statement below has four values per partner. */
const maxInStatement = 500
/** The number of reported errors is bounded: in a file of the wrong kind every line is invalid. */
const maxErrors = 100

/** @throws ProblemError `invalid-request` that names the invalid lines */
export async function changePartners(
  change: Change<'partners.change'>,
  realm: Realm,
  key: string,
  { authorize, withdraw }: Body,
): Promise<OrganizationRow> {
  refuseFaults(findRepeated({ authorize, withdraw }))
  const { db, now, record } = change
  const organization = await lockOrganization(change, realm, key)
  const known = await readKnown(db, [...authorize.map(({ id }) => id), ...withdraw], organization.id)
  refuseFaults(findUnfit({ authorize, withdraw }, known, realm, organization.slug))

  const unregistered = authorize.filter(({ id }) => !known.has(id))
  for await (const some of chunks(unregistered))
    await db
      .insertInto('partners')
      .values(some.map(({ id, name }) => ({ id, name: name!, realm: realm.name, created_at: now })))
      .execute()
  const authorized = authorize.map(({ id }) => id).filter((id) => !known.get(id)?.isAuthorized)
  for await (const some of chunks(authorized))
    await db
      .insertInto('partner_authorizations')
      .values(some.map((id) => ({ organization_id: organization.id, partner_id: id, created_at: now })))
      .execute()
  for await (const some of chunks(withdraw))
    await db.deleteFrom('partner_authorizations').where('organization_id', '=', organization.id).where('partner_id', 'in', some).execute()
  record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { authorized, withdrawn: withdraw },
  })
  return organization
}

/** A duplicate id is an error in the list, above all if it is both added and removed. */
function findRepeated({ authorize, withdraw }: Body): FieldError[] {
  const seen = new Set<string>()
  const isRepeated = (id: string) => seen.has(id) || !seen.add(id)
  const detail = 'expected every partner once in "authorize" and "withdraw" together'
  return [
    ...authorize.flatMap(({ id }, index) => (isRepeated(id) ? [{ pointer: `/authorize/${index}/id`, detail }] : [])),
    ...withdraw.flatMap((id, index) => (isRepeated(id) ? [{ pointer: `/withdraw/${index}`, detail }] : [])),
  ]
}

function findUnfit({ authorize, withdraw }: Body, known: Known, realm: Realm, slug: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { id, name }] of authorize.entries()) {
    const partner = known.get(id)
    if (partner && partner.realm !== realm.name)
      errors.push({ pointer: `/authorize/${index}/id`, detail: 'expected no partner of another realm' })
    if (!partner && name === undefined)
      errors.push({ pointer: `/authorize/${index}/name`, detail: 'expected the name of a partner that is not registered yet' })
  }
  for (const [index, id] of withdraw.entries()) {
    if (!known.get(id)?.isAuthorized)
      errors.push({ pointer: `/withdraw/${index}`, detail: `expected a partner that "${slug}" is authorized for` })
  }
  return errors
}

function refuseFaults(errors: readonly FieldError[]): void {
  const [first] = errors
  if (!first) return
  const others = errors.length > maxErrors ? `; the first ${maxErrors} of ${errors.length} are listed` : ''
  throw new ProblemError('invalid-request', {
    detail: `Nothing was changed. ${first.pointer}: ${first.detail}${others}`,
    errors: errors.slice(0, maxErrors),
  })
}

type Known = ReadonlyMap<string, { readonly realm: string; readonly isAuthorized: boolean }>

async function readKnown(db: Change['db'], ids: readonly string[], organizationId: string): Promise<Known> {
  const known = new Map<string, { realm: string; isAuthorized: boolean }>()
  for await (const some of chunks(ids)) {
    const rows = await db
      .selectFrom('partners')
      .leftJoin('partner_authorizations', (join) =>
        join.onRef('partner_authorizations.partner_id', '=', 'partners.id').on('organization_id', '=', organizationId),
      )
      .select(['partners.id', 'realm', 'organization_id'])
      .where('partners.id', 'in', some)
      .execute()
    for (const { id, realm, organization_id } of rows) known.set(id, { realm, isAuthorized: organization_id !== null })
  }
  return known
}

/** Lets other requests be answered between two of them. */
async function* chunks<Item>(items: readonly Item[]): AsyncGenerator<Item[]> {
  for (let i = 0; i < items.length; i += maxInStatement) {
    if (i > 0) await nextTurn()
    yield items.slice(i, i + maxInStatement)
  }
}
