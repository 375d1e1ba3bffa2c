// The versions of a key ring that the store needs: a check value of each is among its settings from the moment in which it may be used for
// new values until it is retired (decisions/075). A wrong or lost pepper must never look like "every secret is wrong".
import type { KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { hmacSha256 } from './hmac.ts'
import { KeyRingError, storedName, type KeyRing, type KeyRingPurpose } from './key-ring.ts'

/** The check value of each version. */
export type Checks = ReadonlyMap<number, string>

/** @returns the versions that the store needs */
export async function readChecks(db: Kysely<Schema>, purpose: KeyRingPurpose): Promise<Checks> {
  const prefix = checkName(purpose, '')
  const rows = await db.selectFrom('settings').selectAll().where('name', 'like', `${prefix}%`).execute()
  return new Map(rows.map(({ name, value }) => [Number(name.slice(prefix.length)), value]))
}

export function checksOf(purpose: KeyRingPurpose, ring: Pick<KeyRing, 'versions'> | undefined): Checks {
  return new Map([...(ring?.versions ?? [])].map(([version, key]) => [version, checkOf(key, purpose, version)]))
}

/**
 * Stores the check values of versions, which every server needs from then on. Idempotent.
 * @throws KeyRingError if one of them is stored with another key
 */
export async function addChecks(db: Kysely<Schema>, purpose: KeyRingPurpose, checks: Checks): Promise<void> {
  if (checks.size === 0) return
  await db
    .insertInto('settings')
    .values([...checks].map(([version, value]) => ({ name: checkName(purpose, version), value })))
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
}

/** The store needs the version no longer. */
export async function removeCheck(db: Kysely<Schema>, purpose: KeyRingPurpose, version: number): Promise<void> {
  await db.deleteFrom('settings').where('name', '=', checkName(purpose, version)).execute()
}

/** Whether the store needs the version, for a statement inside a transaction. */
export function checkName(purpose: KeyRingPurpose, version: number | string): string {
  return `check of the ${storedName(purpose)} v${version}`
}

/**
 * Compares without storing anything.
 * @param ring undefined if it is not configured, which is valid as long as the store has never had one
 * @throws KeyRingError if the ring is not that of this store
 */
export async function compareKeyRing(
  db: Kysely<Schema>,
  purpose: KeyRingPurpose,
  ring: Pick<KeyRing, 'versions'> | undefined,
): Promise<void> {
  const needed = await readChecks(db, purpose)
  if (!ring && needed.size > 0)
    throw new KeyRingError(
      `This store was used with an ${purpose}, which the configuration does not name. Set it as on the other servers, or restore it from your backup; nothing was changed.`,
    )
  const fault = findRingFault(purpose, needed, checksOf(purpose, ring))
  if (fault !== undefined) throw new KeyRingError(`${fault}. Restore it from your backup; nothing was changed.`)
}

/** What is wrong with a ring in view of what the store needs. */
export function findRingFault(purpose: KeyRingPurpose, needed: Checks, found: Checks): string | undefined {
  for (const [version, check] of needed) {
    if (!found.has(version)) return `Version ${version} of the ${purpose} is missing`
    if (found.get(version) !== check) return `Version ${version} of the ${purpose} is not the one this store was made with`
  }
  return undefined
}

function checkOf(key: KeyObject, purpose: KeyRingPurpose, version: number): string {
  return hmacSha256(key, checkName(purpose, version))
}
