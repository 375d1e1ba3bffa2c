// How clients stand: the rotation of their secret, whether it is due, and when they authenticated last. The rules are those of rotations, so
// a list is filtered by them, and not by a second version of them in SQL.
import { sql, type Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { toInstantOrNull } from '../api/instants.ts'
import { toSecret } from '../cache/read-secrets.ts'
import type { SecretRecord } from '../cache/records.ts'
import type { Realm } from '../realms/realm.ts'
import { dueOf } from '../rotation/due-secrets.ts'
import { advisedFrom } from '../rotation/advised-end.ts'
import { quietFrom, readStanding, settingsFor, type Standing } from '../rotation/rotation-rules.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { dayMs } from '../usage/usage-steps.ts'
import type { UsualUse } from '../usage/usual-use.ts'
import type { RefusedCounts } from './refused-counts.ts'

export type ClientStanding = NonNullable<OperationOutput<'clients.list'>['items'][number]['standing']>
export type StandingFilter = Pick<CheckedInput<'clients.list'>['query'], 'rotation' | 'due' | 'unusedFor'>

/** What the credentials of a client say. */
export interface CredentialFacts {
  /** Newest first, without their digests. */
  readonly secrets: readonly SecretRecord[]
  /** Of any secret or key, also of those that have ended where they were asked for. */
  readonly lastUsedAt: number | null
}

export interface StandingClient {
  readonly id: string
  readonly created_at: number
  readonly access_token_lifetime: number | null
}

const none: CredentialFacts = { secrets: [], lastUsedAt: null }
const noDigest = new Uint8Array()

/**
 * Of a row of clients: the last use that is kept as evidence, which outlives its credential. By the index credential_uses_of_client; a client
 * that had the same client id before it was another one.
 */
export const lastKeptUse = sql<number | null>`(select max(used.last_at) from credential_uses as used
  where used.realm = clients.realm and used.client_id = clients.client_id and used.last_at >= clients.created_at)`

/**
 * By the internal id of their client, by the index credentials_client. @param withEnded whether uses of credentials that have ended count: who
 * only looks at secrets saves a statement for each part of a large realm
 */
export async function readCredentialFacts(
  db: Kysely<Schema>,
  clients: readonly string[],
  { withEnded = false }: { readonly withEnded?: boolean } = {},
): Promise<(client: string) => CredentialFacts> {
  const rows = await db
    .selectFrom('credentials')
    .select(['id', 'client', 'kind', 'last_four', 'created_at', 'expires_at', 'expires_at_before_rotation', 'started_by'])
    .select(['first_used_at', 'last_used_at', 'reminded_at', 'tokens_end_at'])
    .where('client', 'in', oneOf(db, clients))
    .orderBy('created_at', 'desc')
    .execute()
  const kept = withEnded ? await readKeptUses(db, clients) : []
  const facts = new Map<string, { secrets: SecretRecord[]; lastUsedAt: number | null }>()
  for (const [client, lastUsedAt] of kept) facts.set(client, { secrets: [], lastUsedAt })
  for (const row of rows) {
    let known = facts.get(row.client)
    if (!known) facts.set(row.client, (known = { secrets: [], lastUsedAt: null }))
    if (row.kind === 'client_secret') known.secrets.push(toSecret({ ...row, material: noDigest, digest_version: 0 }))
    if (row.last_used_at !== null) known.lastUsedAt = Math.max(known.lastUsedAt ?? 0, row.last_used_at)
  }
  return (client) => facts.get(client) ?? none
}

/** {@link lastKeptUse} by the internal id of their client. */
export async function readKeptUses(db: Kysely<Schema>, clients: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
  const rows = await db
    .selectFrom('clients')
    .select(['id', lastKeptUse.as('kept_at')])
    .where('id', 'in', oneOf(db, clients))
    .execute()
  return new Map(rows.map(({ id, kept_at: keptAt }) => [id, keptAt]))
}

/** When the old secret can be ended; undefined before the new one was used, and without a rotation. */
export function confirmableFrom(standing: Standing, realm: Realm, lifetime: number | null): number | undefined {
  if (standing.state !== 'overlapping') return undefined
  return Math.max(standing.current.firstUsedAt ?? 0, quietFrom(standing.old, settingsFor(realm, lifetime)))
}

/** What the end of the window would do if it came now. */
export function cutsOffOf({ state }: Standing, advised: number | undefined, now: number): ClientStanding['cutsOff'] {
  if (state === 'stable') return null
  return state === 'issued' ? 'new-unused' : (advised ?? 0) > now ? 'old-in-use' : null
}

/** By its age or its expiry, as in the list of due secrets: an unused new secret does not count. */
export function isSecretDue({ state, current }: Standing, { secretRotation }: Realm, now: number): boolean {
  return state !== 'issued' && current !== undefined && dueOf(current, secretRotation).remindAt <= now
}

/** @param usual of the old secrets that can be ended */
export function describeClientStanding(
  realm: Realm,
  client: StandingClient,
  { secrets, lastUsedAt }: CredentialFacts,
  refused: RefusedCounts,
  usual: ReadonlyMap<string, UsualUse>,
  now: number,
): ClientStanding {
  const standing = readStanding(secrets, now)
  const from = confirmableFrom(standing, realm, client.access_token_lifetime)
  const advised = standing.state === 'stable' ? undefined : advisedFrom(from, standing.old.lastUsedAt, usual.get(standing.old.id))
  return {
    rotation: standing.state,
    windowEndsAt: standing.state === 'stable' ? null : toInstantOrNull(standing.old.expiresAt),
    confirmable: (from ?? Infinity) <= now,
    cutsOff: cutsOffOf(standing, advised, now),
    due: isSecretDue(standing, realm, now),
    lastUsedAt: toInstantOrNull(lastUsedAt),
    refused,
  }
}

export function standsSo(
  realm: Realm,
  { rotation, due, unusedFor }: StandingFilter,
  client: StandingClient,
  { secrets, lastUsedAt }: CredentialFacts,
  now: number,
): boolean {
  const standing = readStanding(secrets, now)
  if (rotation !== undefined && (rotation === 'in-progress' ? standing.state === 'stable' : standing.state !== rotation)) return false
  if (due !== undefined && isSecretDue(standing, realm, now) !== due) return false
  if (unusedFor === undefined) return true
  return Math.max(client.created_at, lastUsedAt ?? 0) <= now - unusedFor * dayMs
}
