// The signing keys of a realm inside a change, and why a step with one of them is refused. Changes are made one at a time over all nodes, so
// what is read here stays true until the commit.
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { noKeyRows, readKeyRows, type KeyRow, type RealmKeyRows } from '../keys/key-rows.ts'
import type { Realm } from '../realms/realm.ts'

export interface SigningKeyContext {
  /** Encrypts private keys. */
  readonly ring: KeyRing
  /** 0 for a store that no other node uses. */
  readonly leaseMs: number
}

/** A key in any state. @throws ProblemError `not-found` */
export async function findKey({ db }: Pick<Change, 'db'>, realm: Realm, kid: string): Promise<KeyRow> {
  const row = await db.selectFrom('signing_keys').selectAll().where('realm', '=', realm.name).where('kid', '=', kid).executeTakeFirst()
  if (row) return row
  throw new ProblemError('not-found', {
    detail: `The realm "${realm.name}" has no signing key "${kid}".`,
    remedy: 'List the signing keys of the realm to see their ids.',
  })
}

export async function readRows({ db }: Pick<Change, 'db'>, realm: Realm): Promise<RealmKeyRows> {
  return (await readKeyRows(db, realm.name)).get(realm.name) ?? noKeyRows
}

export function recordActivation(
  { record }: Pick<Change, 'record'>,
  realm: Realm,
  { kid, algorithm }: KeyRow,
  replaces: string | null,
  emergency: boolean,
  reason?: string,
): void {
  const detail = { keyId: kid, algorithm, replaces, emergency, ...(reason !== undefined && { reason }) }
  record({ kind: 'signingKeys.activate', subject: { realm: realm.name }, changed: 'keys', detail })
}

/** @throws ProblemError `conflict` */
export function refuseStep(detail: string, remedy: string): never {
  throw new ProblemError('conflict', { detail, remedy })
}

export function formatInstant(at: number): string {
  return new Date(Math.ceil(at / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
