// The sessions of one mount of pages, as rows in the store. They are read from it at each request and never cached, so that the end of a
// session is in force on all nodes at once. Whether who has signed in may still do so is in session-standing.ts.
import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { isOwner } from '../clients/owner-role.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { readUserAgent } from '../usage/user-agent.ts'
import { createSessionToken, digestsOfToken } from './session-token.ts'

export interface Session {
  /** Names it to people; it is not what the cookie has. */
  readonly id: string
  readonly realm: string
  readonly clientId: string
  /** The internal id of the client. */
  readonly client: string
  /** The id of the secret that it depends on. */
  readonly credential: string
  readonly isOwner: boolean
  readonly signedInAt: number
  /** The last time that a person did something. */
  readonly seenAt: number
  /** The last time that the secret was entered. */
  readonly confirmedAt: number
  readonly endsAt: number
}

export interface SessionStart extends Pick<Session, 'client' | 'credential' | 'signedInAt' | 'endsAt'> {
  readonly address: string
  readonly userAgent: string | undefined
  /** The cookie that the request had, whose session ends. */
  readonly replaces: string | undefined
}

export interface Sessions {
  /**
   * Begins a session; the oldest of the client end if it has too many. Returns what the cookie gets; undefined if the client has just been
   * deleted.
   */
  begin(start: SessionStart): Promise<{ readonly token: string; readonly id: string } | undefined>
  /** @param token of a cookie; anything */
  find(token: string): Promise<Session | undefined>
  noteActivity(session: Session, now: number): Promise<void>
  /** The secret was entered again; from now on the session depends on it. */
  confirm(session: Session, credential: string, now: number): Promise<void>
  end(id: string): Promise<void>
}

/** Of one client at one mount. */
const maxSessions = 20

/** Clocks of nodes differ by less: what is dated further ahead was dated by a wrong clock, and counts for nothing. Milliseconds. */
export const maxAheadMs = 300_000

export function createSessions(
  { db, transact }: Pick<Store, 'db' | 'transact'>,
  pepper: KeyRing,
  mount: Schema['sessions']['mount'],
): Sessions {
  const digestsOf = (token: string) => digestsOfToken(pepper, mount, token)

  return {
    async begin({ address, userAgent, replaces = '', signedInAt, ...start }) {
      const { token, digest } = createSessionToken(pepper, mount)
      const id = randomUUID()
      const isThere = await transact(async (change) => {
        const client = await change.selectFrom('clients').select('id').where('id', '=', start.client).executeTakeFirst()
        if (!client) return false
        const before = digestsOf(replaces)
        if (before.length > 0) await change.deleteFrom('sessions').where('digest', 'in', oneOf(change, before)).execute()
        await change
          .insertInto('sessions')
          .values({
            digest,
            id,
            mount,
            client: start.client,
            credential: start.credential,
            signed_in_at: signedInAt,
            seen_at: signedInAt,
            confirmed_at: signedInAt,
            ends_at: start.endsAt,
            address,
            user_agent: readUserAgent(userAgent),
          })
          .execute()
        await endOthers(change, mount, { ...start, id, signedInAt })
        return true
      })
      return isThere ? { token, id } : undefined
    },

    async find(token) {
      const digests = digestsOf(token)
      if (digests.length === 0) return undefined
      const row = await db
        .selectFrom('sessions')
        .innerJoin('clients', 'clients.id', 'sessions.client')
        .select(['sessions.id', 'sessions.client', 'credential', 'signed_in_at', 'seen_at', 'confirmed_at', 'ends_at'])
        .select(['realm', 'client_id', 'role', 'scopes', 'operator_realms'])
        .where('digest', 'in', oneOf(db, digests))
        .executeTakeFirst()
      if (!row) return undefined
      return {
        id: row.id,
        realm: row.realm,
        clientId: row.client_id,
        client: row.client,
        credential: row.credential,
        isOwner: row.realm === operatorsRealmName && isOwner(row),
        signedInAt: row.signed_in_at,
        seenAt: row.seen_at,
        confirmedAt: row.confirmed_at,
        endsAt: row.ends_at,
      }
    },

    // Never back: a node whose clock is behind may write later.
    async noteActivity({ id }, now) {
      await db.updateTable('sessions').set({ seen_at: now }).where('id', '=', id).where('seen_at', '<', now).execute()
    },
    async confirm({ id }, credential, now) {
      await db.updateTable('sessions').set({ seen_at: now, confirmed_at: now, credential }).where('id', '=', id).execute()
    },
    async end(id) {
      await db.deleteFrom('sessions').where('id', '=', id).execute()
    },
  }
}

/** Those that a wrong clock has dated far ahead, and the oldest if there are too many. Never the new one, whatever the dates of the others. */
async function endOthers(
  db: Kysely<Schema>,
  mount: Schema['sessions']['mount'],
  { client, id, signedInAt }: Pick<Session, 'client' | 'id' | 'signedInAt'>,
): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('client', '=', client)
    .where('mount', '=', mount)
    .where('signed_in_at', '>', signedInAt + maxAheadMs)
    .execute()
  const surplus = await db
    .selectFrom('sessions')
    .select('id')
    .where('client', '=', client)
    .where('mount', '=', mount)
    .where('id', '!=', id)
    .orderBy('signed_in_at', 'desc')
    .orderBy('id')
    .offset(maxSessions - 1)
    .limit(1000)
    .execute()
  if (surplus.length === 0) return
  const ids = surplus.map((one) => one.id)
  await db.deleteFrom('sessions').where('id', 'in', oneOf(db, ids)).execute()
}

/** A clock that is set back must not find a session gone that has not ended. */
const keptMs = 300_000

export async function deleteEndedSessions(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('ends_at', '<=', now - keptMs)
    .execute()
}
