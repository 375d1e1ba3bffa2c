// The keys that are never in the database: the pepper of the secret digests, the key that wraps signing keys and the key that
// protects the audit log. Each is a text of lines "v1:<base64url of 32 bytes>", in any order. read-key-ring.ts says where it is kept.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A key from outside the database is missing, malformed or not that of the store. */
export class KeyRingError extends Error {
  override name = 'KeyRingError'
}

/** The names of the rings in messages. */
export type KeyRingPurpose = 'secret pepper' | 'key-encryption key' | 'audit key'

/** The name in the store, which never changes: check values are computed from it, and nodes of several versions compare them. */
export function storedName(purpose: KeyRingPurpose): string {
  return purpose === 'key-encryption key' ? 'key encryption key' : purpose
}

export interface KeyRing {
  readonly versions: ReadonlyMap<number, KeyObject>
  /** The version that is used for new values. */
  readonly currentVersion: number
}

const lineForm = /^v([1-9]\d{0,5}):([A-Za-z0-9_-]{43})$/

/** The current version is the highest. @param location where the text was read, for messages @throws KeyRingError */
export function parseKeyRing(purpose: KeyRingPurpose, location: string, text: string): KeyRing {
  const versions = new Map<number, KeyObject>()
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [, version, encoded] = lineForm.exec(line.trim()) ?? []
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

/** A line of a key ring with a new random key. */
export function newKeyRingLine(version: number): string {
  return `v${version}:${randomBytes(32).toString('base64url')}\n`
}

/** Writes a new key ring to a file that only its owner can read. Never overwrites a file. */
export function createKeyRingFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, newKeyRingLine(1), { mode: 0o600, flag: 'wx' })
}
