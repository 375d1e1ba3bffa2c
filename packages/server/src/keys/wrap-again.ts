// Private keys that are about to be stored: under a version of the key-encryption key that the store needs. A node that was cut off for a
// while may have encrypted them under one that was retired meanwhile.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyRow } from './key-rows.ts'
import { unwrap, versionOf, wrap } from './key-wrapping.ts'
import { readChecks } from './ring-checks.ts'
import { bindingOf } from './signing-keys.ts'
import { currentOf } from './usable-versions.ts'

/** @param db in the transaction that stores them */
export async function underUsedVersion(db: Kysely<Schema>, ring: KeyRing, rows: readonly KeyRow[]): Promise<KeyRow[]> {
  const needed = await readChecks(db, 'key-encryption key')
  const used: KeyRing = { versions: ring.versions, currentVersion: currentOf(ring.versions.keys(), needed) }
  const again = (row: KeyRow): KeyRow => {
    const wrapped = wrap(used, bindingOf(row), unwrap(ring, bindingOf(row), row.wrapped_private_key))
    return { ...row, wrapped_private_key: wrapped }
  }
  return rows.map((row) => (needed.size === 0 || needed.has(versionOf(row.wrapped_private_key)) ? row : again(row)))
}
