// An integrator asks. Whether a partner exists is not told: every id is taken, and the operator sees.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { CheckedInput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { findOrganization } from '../organizations/lock-organization.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import { describeAccessRequest, detailOf, type AccessRequestRow } from './access-request.ts'
import { checkWhat } from './check-what.ts'

/** Of one organization. */
const maxOpen = 20
const maxPerDay = 50
/** Besides open ones, and approved clients that were not created yet. */
const maxKept = 200
const dayMs = 86_400_000

interface Asked extends Omit<CheckedInput<'accessRequests.create'>['body'], 'reason'> {
  /** Name of a person, or client id. */
  readonly askedBy: string
  /** Whether a session of a client asks. */
  readonly isClient?: boolean
}

export async function askForAccess(change: Change<'accessRequests.create'>, realm: Realm, key: string, asked: Asked) {
  const { db, now, record } = change
  // Who gives a scope there makes an operator: that goes by the operations for owners.
  if (realm.name === operatorsRealmName)
    throw new ProblemError('invalid-request', {
      detail: 'Clients of the realm "operators" get their scopes from an owner, not by a request.',
      errors: [{ pointer: '/params/realm', detail: 'expected another realm' }],
    })
  const organization = await findOrganization(change, realm, key)
  await checkWhat(change, realm, organization, asked)
  await refuseRepeated(change, organization.id, asked)
  // Who has stolen a secret must leave room for people to ask.
  await refuseTooMany(change, organization.id, asked.isClient ? 0.5 : 1)
  const row: AccessRequestRow = {
    id: randomUUID(),
    organization_id: organization.id,
    kind: asked.kind,
    what: asked.what,
    client_id: asked.client ?? null,
    note: asked.note ?? '',
    state: 'open',
    asked_by: asked.askedBy,
    asked_at: now,
    answer: null,
    answered_at: null,
  }
  await db.insertInto('access_requests').values(row).execute()
  await forgetOld(change, organization.id)
  // Pages learn of it by the change log.
  record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: detailOf(row) })
  return describeAccessRequest(row)
}

async function refuseRepeated({ db }: Change, organizationId: string, { kind, what, client }: Asked): Promise<void> {
  const open = db
    .selectFrom('access_requests')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('state', '=', 'open')
    .where('kind', '=', kind)
    .where('what', '=', what)
  const row = await (client === undefined ? open.where('client_id', 'is', null) : open.where('client_id', '=', client)).executeTakeFirst()
  if (!row) return
  const detail = 'The organization has asked for this already, and the request is open.'
  throw new ProblemError('conflict', { detail, errors: [{ pointer: '/what', detail }] })
}

/** @param share of what an organization may ask for that may be used up */
async function refuseTooMany({ db, now }: Change, organizationId: string, share: number): Promise<void> {
  const { open, today } = await db
    .selectFrom('access_requests')
    .select([
      sql<number>`count(case when state = 'open' then 1 end)`.as('open'),
      sql<number>`count(case when asked_at > ${now - dayMs} then 1 end)`.as('today'),
    ])
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow()
  if (Number(open) >= maxOpen * share)
    throw new ProblemError('conflict', {
      detail: `The organization has ${open} open access requests, which is the maximum${share < 1 ? ' for a session of a client' : ''}.`,
      remedy: 'Withdraw one, or wait for the answers of the provider.',
    })
  if (Number(today) >= maxPerDay * share)
    throw new ProblemError('conflict', {
      detail: `The organization has asked ${today} times within 24 hours, which is the maximum${share < 1 ? ' for a session of a client' : ''}.`,
      remedy: 'Ask again tomorrow.',
    })
}

async function forgetOld({ db }: Change, organizationId: string): Promise<void> {
  const closed = db
    .selectFrom('access_requests')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('state', '<>', 'open')
    .where((where) => where.or([where('state', '<>', 'approved'), where('kind', '<>', 'client')]))
  const old = await closed.orderBy('asked_at', 'desc').orderBy('id', 'desc').offset(maxKept).limit(maxPerDay).execute()
  if (old.length === 0) return
  const ids = old.map(({ id }) => id)
  await db.deleteFrom('access_requests').where('id', 'in', oneOf(db, ids)).execute()
}
