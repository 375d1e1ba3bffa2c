// Gives a realm another signing key for one of its algorithms, as an operation to come does: the new key signs, the one before still verifies.
import { join } from 'node:path'
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { ChangeKind } from '../src/audit/events/kinds.ts'
import { readKeyRing } from '../src/keys/read-key-ring.ts'
import { createKeyRow } from '../src/keys/create-keys.ts'
import { setup } from '../src/operators/operators.ts'
import type { CountersignServer } from '../src/server.ts'

/** @param folder where the file "kek" is. Returns the id of the new key. */
export async function changeSigningKey(
  server: Pick<CountersignServer, 'applyChange'>,
  realm: string,
  folder: string,
  algorithm: SigningAlgorithmName = 'ES256',
): Promise<string> {
  const ring = await readKeyRing('key encryption key', `file:${join(folder, 'kek')}`)
  return server.applyChange(setup, 'keys.change' as ChangeKind, async ({ db, now, record }) => {
    await db
      .updateTable('signing_keys')
      .set({ state: 'retiring' })
      .where('realm', '=', realm)
      .where('algorithm', '=', algorithm)
      .where('state', '=', 'active')
      .execute()
    const row = await createKeyRow(realm, algorithm, ring, now)
    await db.insertInto('signing_keys').values(row).execute()
    record({ subject: { realm }, changed: 'keys', detail: { keyId: row.kid } as never })
    return row.kid
  })
}

/** The `kid` in the header of a token. */
export function keyIdOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid
}
