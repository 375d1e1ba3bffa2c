// Which rows of `signing_keys` a realm works with: one active key for each algorithm that it has, besides the keys of tokens that may
// still be valid. Pure, but for reading the rows.
import type { Kysely, Selectable } from 'kysely'
import { tokenProfiles, type SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'

export type KeyRow = Selectable<Schema['signing_keys']>

/** The rows of keys whose tokens may still be valid, by realm, newest first. @param realm default: all realms, in one query */
export async function readKeyRows(db: Kysely<Schema>, realm?: string): Promise<ReadonlyMap<string, readonly KeyRow[]>> {
  let query = db.selectFrom('signing_keys').selectAll().where('state', 'in', ['staged', 'active', 'retiring'])
  if (realm !== undefined) query = query.where('realm', '=', realm)
  return Map.groupBy(await query.orderBy('created_at', 'desc').execute(), (row) => row.realm)
}

export type RealmAlgorithms = readonly [own: SigningAlgorithmName, ...further: SigningAlgorithmName[]]

/**
 * The realm's own algorithm, for all clients without another one. Without the setting a realm keeps what it signs with, because its
 * verifiers may know no other: until version 0.1.0 the default of every profile was ES256, and only keys that a configuration once named are
 * of others. Keys of further algorithms do not count: a server whose configuration does not name them yet reads them, too.
 */
function algorithmOf(rows: readonly KeyRow[], { signingAlgorithm, tokenProfile }: Realm): SigningAlgorithmName {
  if (signingAlgorithm) return signingAlgorithm
  const active = rows
    .filter(({ state, further }) => state === 'active' && !further)
    .map(({ algorithm }) => algorithm as SigningAlgorithmName)
  return active.find((algorithm) => algorithm === 'ES256') ?? active[0] ?? tokenProfiles[tokenProfile].defaultSigningAlgorithm
}

/** The realm's own algorithm first, then the further ones that a client may have. */
export function algorithmsOf(rows: readonly KeyRow[], realm: Realm): RealmAlgorithms {
  const own = algorithmOf(rows, realm)
  if (realm.signingAlgorithms.length === 0) return [own]
  return [own, ...new Set(realm.signingAlgorithms.filter((name) => name !== own))]
}

/** The row that signs, by algorithm. An algorithm that the realm has no longer signs nothing. */
export function findActiveRows(rows: readonly KeyRow[], realm: Realm): ReadonlyMap<SigningAlgorithmName, KeyRow> {
  const active = new Map<SigningAlgorithmName, KeyRow>()
  for (const algorithm of algorithmsOf(rows, realm)) {
    const row = findActive(rows, algorithm)
    if (row) active.set(algorithm, row)
  }
  return active
}

/** The algorithms of the realm that have no key yet. A key that is damaged is not missing, and never replaced. */
export function missingAlgorithms(rows: readonly KeyRow[], realm: Realm): readonly SigningAlgorithmName[] {
  return algorithmsOf(rows, realm).filter((algorithm) => !findActive(rows, algorithm))
}

/** The newest active one. */
function findActive(rows: readonly KeyRow[], algorithm: SigningAlgorithmName): KeyRow | undefined {
  return rows.find((row) => row.state === 'active' && row.algorithm === algorithm)
}
