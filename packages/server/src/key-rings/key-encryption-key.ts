// The key-encryption key: how many private keys, and secrets at identity providers, are encrypted under each version, encrypting all of them
// under the current one, and the end of an old version.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { KeyRingError, type KeyRing } from '../keys/key-ring.ts'
import type { RingStanding } from '../keys/live-rings.ts'
import { unwrap, versionOf, wrap } from '../keys/key-wrapping.ts'
import { readChecks, removeCheck } from '../keys/ring-checks.ts'
import { currentOf } from '../keys/usable-versions.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Schema } from '../store/schema.ts'
import { currentVersion, describeNodes, describeVersions } from './describe-rings.ts'
import { refuseCurrent } from './refuse-current.ts'
import { readWrapped } from './wrapped-values.ts'

const purpose = 'key-encryption key'

export async function readKeyEncryptionKey(db: Kysely<Schema>, standing: RingStanding): Promise<OperationOutput<'keyEncryptionKey.get'>> {
  const counts = new Map<number, number>()
  for (const { wrapped } of await readWrapped(db)) counts.set(versionOf(wrapped), (counts.get(versionOf(wrapped)) ?? 0) + 1)
  const versions = describeVersions(standing, counts.keys()).map(({ version, state, missingOn }) => ({
    version,
    state,
    missingOn,
    keys: counts.get(version) ?? 0,
  }))
  return { current: currentVersion(standing), versions, nodes: describeNodes(standing) }
}

/** Other nodes have the current version, and the keys that they have opened stay the same. */
export async function rewrapKeys(change: Change, ring: KeyRing): Promise<OperationOutput<'keyEncryptionKey.rewrap'>> {
  const { db } = change
  const version = currentOf(ring.versions.keys(), await readChecks(db, purpose))
  const current: KeyRing = { versions: ring.versions, currentVersion: version }
  let rewrapped = 0
  const unreadable: { realm: string; keyId: string }[] = []
  for (const { realm, name, binding, wrapped: before, write } of await readWrapped(db)) {
    if (versionOf(before) === version) continue
    const after = rewrap(current, binding, before)
    if (after === undefined) {
      unreadable.push({ realm, keyId: name })
      continue
    }
    await write(after)
    rewrapped++
  }
  const subject = { realm: operatorsRealmName }
  const detail = { keyEncryptionKeyVersion: version, rewrappedKeys: rewrapped, unreadableKeys: unreadable.map(({ keyId }) => keyId) }
  if (rewrapped + unreadable.length === 0) change.recordNothing()
  else change.record({ kind: 'keyEncryptionKey.rewrap', subject, changed: 'nothing', detail })
  return { keyVersion: version, rewrapped, unreadable }
}

/** Undefined for a row that was altered or moved: it must not become one that opens. */
function rewrap(ring: KeyRing, binding: string, wrapped: string): string | undefined {
  try {
    return wrap(ring, binding, unwrap(ring, binding, wrapped))
  } catch (error) {
    if (error instanceof KeyRingError) return undefined
    throw error
  }
}

/** @throws ProblemError `conflict` */
export async function retireKeyEncryptionKey(change: Change, version: number): Promise<OperationOutput<'keyEncryptionKey.retire'>> {
  const { db } = change
  const needed = await readChecks(db, purpose)
  refuseCurrent('key-encryption-key', needed, version)
  if (!needed.has(version)) {
    change.recordNothing()
    return { keyVersion: version, retired: true }
  }
  const left = (await readWrapped(db)).filter(({ wrapped }) => versionOf(wrapped) === version)
  if (left.length > 0)
    throw new ProblemError('conflict', {
      detail: `${left.length === 1 ? '1 private key is' : `${left.length} private keys are`} encrypted under version ${version} of the key-encryption key, of the realms ${[...new Set(left.map(({ realm }) => realm))].slice(0, 10).join(', ')}.`,
      remedy:
        'Run "countersign key-encryption-key rewrap" first. A key that it cannot decrypt was altered: restore it from a backup, or let another key replace it.',
    })
  await removeCheck(db, purpose, version)
  const subject = { realm: operatorsRealmName }
  change.record({ kind: 'keyEncryptionKey.retire', subject, changed: 'nothing', detail: { keyEncryptionKeyVersion: version } })
  return { keyVersion: version, retired: true }
}
