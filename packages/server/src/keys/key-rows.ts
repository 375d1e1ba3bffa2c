// Which rows of `signing_keys` a realm works with: the keys that it publishes, of which one for each of its algorithms signs. Pure, but for
// reading the rows.
import type { Kysely, Selectable } from 'kysely'
import { tokenProfiles, type SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export type KeyRow = Selectable<Schema['signing_keys']>

export interface RealmKeyRows {
  /** Those that are published: staged, active and retiring. Newest first. */
  readonly live: readonly KeyRow[]
  /** What keys the realm had besides them, which are retired or compromised. */
  readonly ended: readonly Pick<KeyRow, 'algorithm' | 'further'>[]
}

export const noKeyRows: RealmKeyRows = { live: [], ended: [] }

/** By realm. @param realm default: all realms, in two queries */
export async function readKeyRows(db: Kysely<Schema>, realm?: string): Promise<ReadonlyMap<string, RealmKeyRows>> {
  let live = db.selectFrom('signing_keys').selectAll().where('state', 'in', ['staged', 'active', 'retiring'])
  let ended = db
    .selectFrom('signing_keys')
    .select(['realm', 'algorithm', 'further'])
    .distinct()
    .where('state', 'in', ['retired', 'compromised'])
  if (realm !== undefined) {
    live = live.where('realm', '=', realm)
    ended = ended.where('realm', '=', realm)
  }
  // In this order: a key that ends between the queries is in both answers, and never in none.
  const rows = Map.groupBy(await live.orderBy('created_at', 'desc').execute(), (row) => row.realm)
  const before = Map.groupBy(await ended.execute(), (row) => row.realm)
  const names = new Set([...rows.keys(), ...before.keys()])
  return new Map([...names].map((name) => [name, { live: rows.get(name) ?? [], ended: before.get(name) ?? [] }]))
}

export type RealmAlgorithms = readonly [own: SigningAlgorithmName, ...further: SigningAlgorithmName[]]

/**
 * The realm's own algorithm, for all clients without another one. One that the configuration has newly is staged like any other change of
 * keys: until a key of it signs, the realm goes on with the key that it has. Without the setting a realm keeps what it signs with, because its
 * verifiers may know no other: until version 0.1.0 the default of every profile was ES256, and only keys that a configuration once named are
 * of others. Keys of further algorithms do not count: a server whose configuration does not name them yet reads them, too.
 */
function algorithmOf({ live }: RealmKeyRows, { signingAlgorithm, tokenProfile }: Realm): SigningAlgorithmName {
  if (signingAlgorithm && findActive(live, signingAlgorithm)) return signingAlgorithm
  const own = live.filter(({ further }) => !further)
  const active = own.filter(({ state }) => state === 'active')
  if (signingAlgorithm) return algorithmIn(active.toSorted((a, b) => activation(b) - activation(a))) ?? signingAlgorithm
  const known = active.length > 0 ? active : own
  return algorithmIn(known.filter(({ algorithm }) => algorithm === 'ES256')) ?? algorithmIn(known) ?? defaultOf(tokenProfile)
}

function defaultOf(profile: Realm['tokenProfile']): SigningAlgorithmName {
  return tokenProfiles[profile].defaultSigningAlgorithm
}

function algorithmIn(rows: readonly KeyRow[]): SigningAlgorithmName | undefined {
  return rows[0]?.algorithm as SigningAlgorithmName | undefined
}

/** When it began to sign. */
export function activation({ activated_at, created_at }: KeyRow): number {
  return activated_at ?? created_at
}

/** The realm's own algorithm first, then the further ones that a client may have. */
export function algorithmsOf(rows: RealmKeyRows, realm: Realm): RealmAlgorithms {
  const own = algorithmOf(rows, realm)
  if (realm.signingAlgorithms.length === 0) return [own]
  return [own, ...new Set(realm.signingAlgorithms.filter((name) => name !== own))]
}

/** The row that signs, by algorithm. An algorithm that the realm has no longer signs nothing. */
export function findActiveRows(rows: RealmKeyRows, realm: Realm): ReadonlyMap<SigningAlgorithmName, KeyRow> {
  const active = new Map<SigningAlgorithmName, KeyRow>()
  for (const algorithm of algorithmsOf(rows, realm)) {
    const row = findActive(rows.live, algorithm)
    if (row) active.set(algorithm, row)
  }
  return active
}

/**
 * The algorithms whose first key has to be created, and signs at once, because no verifier relies on its absence: the realm's own where
 * it never had a key, and a further one that never had a key in this realm. All other keys are staged first, also after a compromise. A
 * key that is damaged is not missing, and never replaced.
 */
export function missingAlgorithms(rows: RealmKeyRows, realm: Realm): readonly SigningAlgorithmName[] {
  const all = [...rows.live, ...rows.ended]
  const hasOwn = all.some(({ further }) => !further)
  return algorithmsOf(rows, realm).filter((name, index) => !all.some(({ algorithm }) => algorithm === name) && (index > 0 || !hasOwn))
}

export function findActive(live: readonly KeyRow[], algorithm: string): KeyRow | undefined {
  return live.find((row) => row.state === 'active' && row.algorithm === algorithm)
}

/** The keys in reserve for an algorithm, the one that verifiers have known longest first. */
export function findStaged(live: readonly KeyRow[], algorithm: string): readonly KeyRow[] {
  return live
    .filter((row) => row.state === 'staged' && row.algorithm === algorithm)
    .toSorted((a, b) => (a.published_at ?? a.created_at) - (b.published_at ?? b.created_at))
}

/**
 * The longest life of a token that a new key may sign, by realm: of the realms, of their clients, and of what other nodes know, which are in
 * the keys that sign now. Seconds.
 */
export async function longestLifetimes(db: Kysely<Schema>, realms: readonly Realm[]): Promise<ReadonlyMap<string, number>> {
  const names = realms.map(({ name }) => name)
  const ofClients = await db
    .selectFrom('clients')
    .select((query) => ['realm', query.fn.max('access_token_lifetime').as('longest')])
    .where('realm', 'in', oneOf(db, names))
    .groupBy('realm')
    .execute()
  const ofKeys = await db
    .selectFrom('signing_keys')
    .select((query) => ['realm', query.fn.max('longest_lifetime').as('longest')])
    .where('realm', 'in', oneOf(db, names))
    .where('state', 'in', ['staged', 'active'])
    .groupBy('realm')
    .execute()
  const longest = new Map(realms.map(({ name, accessTokenLifetime }) => [name, accessTokenLifetime]))
  for (const found of [...ofClients, ...ofKeys]) longest.set(found.realm, Math.max(longest.get(found.realm) ?? 0, found.longest ?? 0))
  return longest
}

/** Notes that tokens of the realm may live so long from now on, by the keys that sign now or will. */
export async function raiseLongestLifetime(db: Kysely<Schema>, realm: string, seconds: number): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ longest_lifetime: seconds })
    .where('realm', '=', realm)
    .where('state', 'in', ['staged', 'active'])
    .where('longest_lifetime', '<', seconds)
    .execute()
}
