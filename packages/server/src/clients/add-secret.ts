// Stores the secrets of a client. The rules for a second secret are in rotation/.
import { randomUUID } from 'node:crypto'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Change } from '../change/apply-change.ts'
import { readChecks } from '../keys/ring-checks.ts'
import { currentOf } from '../keys/usable-versions.ts'
import { digestSecret, generateClientSecret } from '../keys/secret-format.ts'

/**
 * Gives a client a new secret and returns it; only its digest is stored.
 * @param client the client's internal id
 * @param expiresAt milliseconds since the epoch; null for a secret without an expiry
 * @param startedBy the actor that started the rotation; null for the first secret of a client
 */
export async function addSecret(
  { db, now }: Change,
  pepper: KeyRing,
  client: string,
  expiresAt: number | null,
  startedBy: 'client' | 'operator' | null,
): Promise<string> {
  const clientSecret = generateClientSecret()
  // As the store has it now: a node that was cut off for a while may still use a version that was retired meanwhile.
  const version = currentOf(pepper.versions.keys(), await readChecks(db, 'secret pepper'))
  await db
    .insertInto('credentials')
    .values({
      id: randomUUID(),
      client,
      kind: 'client_secret',
      origin: 'generated',
      material: digestSecret(pepper, version, client, clientSecret),
      digest_version: version,
      last_four: clientSecret.slice(-4),
      created_at: now,
      expires_at: expiresAt,
      started_by: startedBy,
    })
    .execute()
  return clientSecret
}
