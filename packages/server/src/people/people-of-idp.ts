// The persons of an identity provider, as rows: made by the first sign-in, renewed by each. Of their groups only those are kept that have a
// role.
import { hash, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { flowLifetimeSeconds, type Flow } from '../idp/flow.ts'
import type { Logout } from '../idp/logout-token.ts'
import type { Identity } from '../idp/read-identity.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { withdrawInvitationsOf } from './invitations.ts'

/** Whose people they are: those of the operators or of an organization of a realm. */
export interface PeopleOf {
  readonly realm: string
  readonly organizationId: string
}

export interface PersonSignIn {
  readonly identity: Identity
  readonly groups: readonly string[]
  /** Whether the person may invite others. */
  readonly isAdmin: boolean
  readonly flow: Flow
  readonly of: PeopleOf
  readonly now: number
}

/** Of one organization and issuer: one that names ever new subjects must not fill the store, nor keep out those of the next one. */
const maxPeople = 10_000

/**
 * Records who has signed in, and that the flow is used up: each is good for one sign-in on all nodes, also where an identity provider accepts
 * a code twice. Returns the id of the person.
 * @throws SignInRefusal `sign-in-ended`, `other-person` or `unavailable`
 */
export async function recordPerson({ transact }: Pick<Store, 'transact'>, signIn: PersonSignIn): Promise<string> {
  const { identity, groups, isAdmin, flow, of, now } = signIn
  const { issuer, subject, name, address } = identity
  return transact(async (db) => {
    const isFirst = await isFirstUse(db, `state:${flow.state}`, flow.beganAt + flowLifetimeSeconds * 1000)
    if (!isFirst) throw new SignInRefusal('sign-in-ended', 'idp-repeated')
    if (!(await findPersonOfIdp(db, of, identity))) await refuseTooMany(db, of, issuer)
    const facts = { name, address, groups: JSON.stringify(groups), last_signed_in_at: now }
    const made = { id: randomUUID(), realm: of.realm, organization_id: of.organizationId, role: null, issuer, subject, created_at: now }
    const { id } = await db
      .insertInto('people')
      .values({ ...made, ...facts })
      .onConflict((conflict) => conflict.columns(['realm', 'organization_id', 'issuer', 'subject']).doUpdateSet(facts))
      .returning('id')
      .executeTakeFirstOrThrow()
    if (flow.confirms !== undefined && flow.confirms !== id) throw new SignInRefusal('other-person')
    if (!isAdmin) await withdrawInvitationsOf({ db, now }, id)
    return id
  })
}

async function refuseTooMany(db: Kysely<Schema>, { organizationId }: PeopleOf, issuer: string): Promise<void> {
  const { count } = await db
    .selectFrom('people')
    .select((select) => select.fn.countAll().as('count'))
    .where('organization_id', '=', organizationId)
    .where('issuer', '=', issuer)
    .executeTakeFirstOrThrow()
  if (Number(count) >= maxPeople) throw new SignInRefusal('unavailable', 'too-many-people')
}

/** On all nodes, as long as what it is about could be used. */
async function isFirstUse(db: Kysely<Schema>, value: string, endsAt: number): Promise<boolean> {
  const spent = await db
    .insertInto('spent_challenges')
    .values({ digest: hash('sha256', `identity provider:${value}`), ends_at: endsAt })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest')
    .executeTakeFirst()
  return spent !== undefined
}

/** Undefined for a person who has never signed in. */
export function findPersonOfIdp(
  db: Kysely<Schema>,
  { realm, organizationId }: PeopleOf,
  { issuer, subject }: Pick<Identity, 'issuer' | 'subject'>,
) {
  return db
    .selectFrom('people')
    .select('id')
    .where('realm', '=', realm)
    .where('organization_id', '=', organizationId)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
}

/** A fresh sign-in may be another session at the identity provider, which ends ours from now on. */
export async function bindToIdpSession(db: Kysely<Schema>, session: string, idpSession: string): Promise<void> {
  await db.updateTable('sessions').set({ idp_session: idpSession }).where('id', '=', session).execute()
}

export interface EndedSession {
  readonly id: string
  /** The id. */
  readonly person: string
  readonly name: string
}

/**
 * Ends the sessions of a person, or those that began with one session at the identity provider, on all nodes. Each token is good for once: a copy
 * must not end sessions that began since. Returns what it has ended; nothing for a token that was used.
 */
export async function endSessionsOf({ transact }: Pick<Store, 'transact'>, of: PeopleOf, logout: Logout): Promise<EndedSession[]> {
  const { issuer, subject, idpSession, tokenId, endsAt } = logout
  return transact(async (db) => {
    if (!(await isFirstUse(db, `logout:${of.organizationId}:${issuer}:${tokenId}`, endsAt))) return []
    let sessions = db
      .selectFrom('sessions')
      .innerJoin('people', 'people.id', 'sessions.person')
      .select(['sessions.id', 'people.id as person', 'people.name'])
      .where('people.realm', '=', of.realm)
      .where('people.organization_id', '=', of.organizationId)
      .where('issuer', '=', issuer)
    if (subject !== undefined) sessions = sessions.where('subject', '=', subject)
    if (idpSession !== undefined) sessions = sessions.where('idp_session', '=', idpSession)
    const ended = await sessions.execute()
    const ids = ended.map(({ id }) => id)
    if (ids.length > 0) await db.deleteFrom('sessions').where('id', 'in', oneOf(db, ids)).execute()
    return ended
  })
}
