// The keys that are never in the database: the pepper of the secret digests, the key that wraps signing keys and the key that
// protects the audit log. Each is in a file or an environment variable, as lines "v1:<base64url of 32 bytes>", the newest last.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kysely } from 'kysely'
import { OpenFileError, readPrivateFile } from '../private-file.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { hmacSha256 } from './hmac.ts'

/** A key from outside the database is missing, malformed or not that of the store. */
export class KeyRingError extends Error {
  override name = 'KeyRingError'
}

export interface KeyRing {
  readonly versions: ReadonlyMap<number, KeyObject>
  /** The version that is used for new values. */
  readonly currentVersion: number
}

/** Reads a key ring from `file:PATH` or `env:NAME`. `purpose` names it in messages. @throws KeyRingError */
export function readKeyRing(purpose: string, location: string): KeyRing {
  const versions = new Map<number, KeyObject>()
  for (const line of readLocation(purpose, location).split('\n')) {
    if (line.trim() === '') continue
    const [, version, encoded] = /^v([1-9]\d{0,5}):([A-Za-z0-9_-]{43})$/.exec(line.trim()) ?? []
    if (version === undefined || encoded === undefined || versions.has(Number(version))) {
      throw new KeyRingError(
        `The ${purpose} in "${location}" is malformed: expected lines "v1:" and 43 characters of base64url (32 bytes), each version once. Restore it from your backup.`,
      )
    }
    versions.set(Number(version), createSecretKey(encoded, 'base64url'))
  }
  if (versions.size === 0)
    throw new KeyRingError(`The ${purpose} in "${location}" is empty. Restore it from your backup; a new one would not fit the store.`)
  return { versions, currentVersion: Math.max(...versions.keys()) }
}

function readLocation(purpose: string, location: string): string {
  const [, kind, name = ''] = /^(file|env):(.+)$/.exec(location) ?? []
  if (kind === 'env') {
    const value = process.env[name]
    delete process.env[name] // so that no child process, crash report or later reader finds it
    if (value === undefined) throw new KeyRingError(`The ${purpose} is missing: the environment variable "${name}" is not set.`)
    return value
  }
  try {
    return readPrivateFile(name)
  } catch (cause) {
    if (cause instanceof OpenFileError) throw new KeyRingError(`The ${purpose} is not safe: ${cause.message}`, { cause })
    throw new KeyRingError(
      `Cannot read the ${purpose} "${name}": ${(cause as Error).message}. "countersign init" creates one; for an existing store restore it from your backup.`,
      { cause },
    )
  }
}

/** Writes a new key ring to a file that only its owner can read. Never overwrites a file. */
export function createKeyRingFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `v1:${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
}

/**
 * Verifies that a key ring is that of the store: a check value of each version is stored when the version is first used, and
 * later starts compare it. A wrong or lost pepper must never look like "every secret is wrong".
 * @throws KeyRingError before anything is stored
 */
export async function verifyKeyRing(store: Store, purpose: string, ring: KeyRing | undefined): Promise<void> {
  await compareKeyRing(store.db, purpose, ring)
  if (!ring) return
  const checks = [...ring.versions].map(([version, key]) => ({
    name: checkName(purpose, version),
    value: checkOf(key, checkName(purpose, version)),
  }))
  await store.db
    .insertInto('settings')
    .values(checks)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  // Of two servers with different keys that start concurrently on an empty store, one was faster.
  await compareKeyRing(store.db, purpose, ring)
}

/**
 * Compares without storing anything.
 * @param ring undefined if it is not configured, which is valid as long as the store has never had one
 * @throws KeyRingError if the ring is not that of this store
 */
export async function compareKeyRing(db: Kysely<Schema>, purpose: string, ring: KeyRing | undefined): Promise<void> {
  const prefix = checkName(purpose, '')
  const stored = await db.selectFrom('settings').selectAll().where('name', 'like', `${prefix}%`).execute()
  for (const { name, value } of stored) {
    const version = name.slice(prefix.length)
    if (!ring)
      throw new KeyRingError(
        `This store was used with an ${purpose}, which the configuration does not name. Set it as on the other servers, or restore it from your backup; nothing was changed.`,
      )
    const key = ring.versions.get(Number(version))
    const fault = !key ? 'is missing' : checkOf(key, name) === value ? undefined : 'is not the one this store was made with'
    if (fault) throw new KeyRingError(`Version ${version} of the ${purpose} ${fault}. Restore it from your backup; nothing was changed.`)
  }
}

function checkName(purpose: string, version: number | string): string {
  return `check of the ${purpose} v${version}`
}

function checkOf(key: KeyObject, name: string): string {
  return hmacSha256(key, name)
}
