// Gives a realm another signing key for one of its algorithms, as if it had been staged long ago: the new key signs, the one before still
// verifies.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { parseKeyRing } from '../src/keys/key-ring.ts'
import { setup } from '../src/operators/operators.ts'
import type { CountersignServer } from '../src/server.ts'
import { activateKey } from '../src/signing-keys/activate-key.ts'
import { compromiseKey, type Compromise } from '../src/signing-keys/end-key.ts'
import type { SigningKeyContext } from '../src/signing-keys/find-key.ts'
import { stageKey } from '../src/signing-keys/stage-key.ts'

type Server = Pick<CountersignServer, 'applyChange' | 'realms'>

/** @param folder where the file "kek" is */
export function keyContextOf(folder: string, leaseMs = 300_000): SigningKeyContext {
  const file = join(folder, 'kek')
  return { ring: parseKeyRing('key-encryption key', file, readFileSync(file, 'utf8')), leaseMs }
}

/** Returns the id of the new key. */
export async function changeSigningKey(
  server: Server,
  realmName: string,
  folder: string,
  algorithm: SigningAlgorithmName = 'ES256',
): Promise<string> {
  const context = keyContextOf(folder)
  const realm = server.realms.get(realmName)!
  return server.applyChange(setup, 'signingKeys.activate', async (change) => {
    const kid = await stageKey(change, context, realm, { algorithm })
    await change.db.updateTable('signing_keys').set({ created_at: 0, published_at: 0 }).where('kid', '=', kid).execute()
    await activateKey(change, context, realm, kid)
    return kid
  })
}

export function markCompromised(server: Server, realmName: string, folder: string, kid: string): Promise<Compromise> {
  const realm = server.realms.get(realmName)!
  return server.applyChange(setup, 'signingKeys.compromise', (change) => compromiseKey(change, keyContextOf(folder), realm, kid))
}

/** The `kid` in the header of a token. */
export function keyIdOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid
}
