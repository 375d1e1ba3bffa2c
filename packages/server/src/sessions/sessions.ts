// The sessions of one mount of pages, as rows in the store. They are read from it at each request and never cached, so that the end of a
// session is in force on all nodes at once. Whether who has signed in may still do so is in session-standing.ts.
import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { KeyRing } from '../keys/key-ring.ts'
import { oneOf } from '../store/dialects.ts'
import { inTurns } from '../store/in-turns.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { readUserAgent } from '../usage/user-agent.ts'
import { endOthers, type SessionOwner } from './session-bounds.ts'
import { createSessionToken, digestsOfToken } from './session-token.ts'
import { selectSessions, whoOf, type WhoOfSession } from './who.ts'

export interface Session {
  /** Names it to people; it is not what the cookie has. */
  readonly id: string
  readonly who: WhoOfSession
  readonly signedInAt: number
  /** The last time that a person did something. */
  readonly seenAt: number
  /** The last time that the secret was entered, or that the person proved again who it is. */
  readonly confirmedAt: number
  readonly endsAt: number
}

export interface SessionStart extends Pick<Session, 'signedInAt' | 'confirmedAt' | 'endsAt'> {
  readonly of: ClientToSignIn | PersonToSignIn
  readonly address: string
  readonly userAgent: string | undefined
  /** The cookie that the request had, whose session ends. */
  readonly replaces: string | undefined
}

interface ClientToSignIn {
  /** The internal id. */
  readonly client: string
  /** The id of the secret that the session depends on. */
  readonly credential: string
}

interface PersonToSignIn {
  /** The id. */
  readonly person: string
  /** The `sid` of the identity provider, by which it can end the session. */
  readonly idpSession?: string | undefined
}

export interface Sessions {
  /**
   * Begins a session; the oldest of the same secret or person end if there are too many. Returns what the cookie gets; undefined if the client or
   * the person has just been deleted.
   */
  begin(start: SessionStart): Promise<{ readonly token: string; readonly id: string } | undefined>
  /** @param token of a cookie; anything */
  find(token: string): Promise<Session | undefined>
  noteActivity(session: Session, now: number): Promise<void>
  /** @param credential of a client: the secret that was entered again, on which the session depends from now on */
  confirm(session: Session, credential: string | undefined, now: number): Promise<void>
  end(id: string): Promise<void>
}

export function createSessions(
  { db, transact }: Pick<Store, 'db' | 'transact'>,
  pepper: KeyRing,
  mount: Schema['sessions']['mount'],
): Sessions {
  const digestsOf = (token: string) => digestsOfToken(pepper, mount, token)
  const reads = inTurns(db)

  return {
    async begin({ of, address, userAgent, replaces = '', signedInAt, confirmedAt, endsAt }) {
      const { token, digest } = createSessionToken(pepper, mount)
      const id = randomUUID()
      const owner: SessionOwner =
        'client' in of ? { column: 'client', id: of.client, credential: of.credential } : { column: 'person', id: of.person }
      const isThere = await transact(async (change) => {
        if (!(await isStillThere(change, owner))) return false
        const before = digestsOf(replaces)
        if (before.length > 0) await change.deleteFrom('sessions').where('digest', 'in', oneOf(change, before)).execute()
        await change
          .insertInto('sessions')
          .values({
            digest,
            id,
            mount,
            client: 'client' in of ? of.client : null,
            credential: 'client' in of ? of.credential : null,
            person: 'client' in of ? null : of.person,
            idp_session: 'client' in of ? null : (of.idpSession ?? null),
            signed_in_at: signedInAt,
            seen_at: signedInAt,
            confirmed_at: confirmedAt,
            ends_at: endsAt,
            address,
            user_agent: readUserAgent(userAgent),
          })
          .execute()
        if (owner.column === 'person')
          await change.updateTable('people').set({ last_signed_in_at: signedInAt }).where('id', '=', owner.id).execute()
        await endOthers(change, mount, { owner, id, signedInAt })
        return true
      })
      return isThere ? { token, id } : undefined
    },

    async find(token) {
      const digests = digestsOf(token)
      if (digests.length === 0) return undefined
      return toSession(await selectSessions(reads).where('digest', 'in', oneOf(reads, digests)).executeTakeFirst())
    },

    // Never back: a node whose clock is behind may write later.
    async noteActivity({ id }, now) {
      await db.updateTable('sessions').set({ seen_at: now }).where('id', '=', id).where('seen_at', '<', now).execute()
    },
    async confirm({ id }, credential, now) {
      const set = { seen_at: now, confirmed_at: now, ...(credential !== undefined && { credential }) }
      await db.updateTable('sessions').set(set).where('id', '=', id).execute()
    },
    async end(id) {
      await db.deleteFrom('sessions').where('id', '=', id).execute()
    },
  }
}

/** A session as a transaction sees it. */
export async function readSession(db: Kysely<Schema>, id: string): Promise<Session | undefined> {
  return toSession(await selectSessions(db).where('sessions.id', '=', id).executeTakeFirst())
}

function toSession(row: Awaited<ReturnType<ReturnType<typeof selectSessions>['executeTakeFirst']>>): Session | undefined {
  const who = row && whoOf(row)
  if (!who) return undefined
  return {
    id: row.session,
    who,
    signedInAt: row.signed_in_at,
    seenAt: row.seen_at,
    confirmedAt: row.confirmed_at,
    endsAt: row.ends_at,
  }
}

async function isStillThere(db: Kysely<Schema>, { column, id }: SessionOwner): Promise<boolean> {
  const table = column === 'client' ? 'clients' : 'people'
  return (await db.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

/** A clock that is set back must not find a session gone that has not ended. */
const keptMs = 300_000

export async function deleteEndedSessions(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('ends_at', '<=', now - keptMs)
    .execute()
}
