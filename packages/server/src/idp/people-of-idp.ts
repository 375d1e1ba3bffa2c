// The persons of the identity provider, as rows: made by the first sign-in, renewed by each. Of their groups only those are kept that have a
// role.
import { hash, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { flowLifetimeSeconds, type Flow } from './flow.ts'
import type { Logout } from './logout-token.ts'
import type { Identity } from './read-identity.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface PersonSignIn {
  readonly identity: Identity
  readonly groups: readonly string[]
  readonly flow: Flow
  /** The id of the organization of operators. */
  readonly organizationId: string
  readonly now: number
}

/**
 * Records who has signed in, and that the flow is used up: each is good for one sign-in on all nodes, also where an identity provider accepts
 * a code twice. Returns the id of the person.
 * @throws SignInRefusal `sign-in-ended` or `other-person`
 */
export async function recordPerson({ transact }: Pick<Store, 'transact'>, signIn: PersonSignIn): Promise<string> {
  const { identity, groups, flow, organizationId, now } = signIn
  const { issuer, subject, name, address } = identity
  return transact(async (db) => {
    const isFirst = await isFirstUse(db, `state:${flow.state}`, flow.beganAt + flowLifetimeSeconds * 1000)
    if (!isFirst) throw new SignInRefusal('sign-in-ended', 'idp-repeated')
    const facts = { name, address, groups: JSON.stringify(groups), last_signed_in_at: now }
    const { id } = await db
      .insertInto('people')
      .values({
        id: randomUUID(),
        realm: operatorsRealmName,
        organization_id: organizationId,
        role: null,
        issuer,
        subject,
        created_at: now,
        ...facts,
      })
      .onConflict((conflict) => conflict.columns(['realm', 'issuer', 'subject']).doUpdateSet(facts))
      .returning('id')
      .executeTakeFirstOrThrow()
    if (flow.confirms !== undefined && flow.confirms !== id) throw new SignInRefusal('other-person')
    return id
  })
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

/** A person who was known has lost every role. The sessions end for good: a role that is given again later must not bring them back. */
export async function endRights(db: Kysely<Schema>, { issuer, subject }: Pick<Identity, 'issuer' | 'subject'>): Promise<void> {
  const known = await db
    .updateTable('people')
    .set({ groups: '[]' })
    .where('realm', '=', operatorsRealmName)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .returning('id')
    .execute()
  for (const { id } of known) await db.deleteFrom('sessions').where('person', '=', id).execute()
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
  readonly organizationId: string
}

/**
 * Ends the sessions of a person, or those that began with one session at the identity provider, on all nodes. Each token is good for once: a copy
 * must not end sessions that began since. Returns what it has ended; nothing for a token that was used.
 */
export async function endSessionsOf({ transact }: Pick<Store, 'transact'>, logout: Logout): Promise<EndedSession[]> {
  const { issuer, subject, idpSession, tokenId, endsAt } = logout
  return transact(async (db) => {
    if (!(await isFirstUse(db, `logout:${issuer}:${tokenId}`, endsAt))) return []
    let sessions = db
      .selectFrom('sessions')
      .innerJoin('people', 'people.id', 'sessions.person')
      .select(['sessions.id', 'people.id as person', 'people.name', 'organization_id as organizationId'])
      .where('people.realm', '=', operatorsRealmName)
      .where('issuer', '=', issuer)
    if (subject !== undefined) sessions = sessions.where('subject', '=', subject)
    if (idpSession !== undefined) sessions = sessions.where('idp_session', '=', idpSession)
    const ended = await sessions.execute()
    const ids = ended.map(({ id }) => id)
    if (ids.length > 0) await db.deleteFrom('sessions').where('id', 'in', oneOf(db, ids)).execute()
    return ended
  })
}
