// What a row with public keys of a client contains. Keys are checked when they are registered, and imported once: the row of a key never
// changes, and a denied request, which reads the client from the store, must not import them again.
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { CredentialRecord } from '../cache/records.ts'

const importedKeys = 20_000

export type FindKey = (credential: CredentialRecord) => VerificationKey | undefined

/** Material that cannot be read is no key. */
export function createKeyImporter(): FindKey {
  const imported = new BoundedMap<VerificationKey | null>(importedKeys)
  return (credential) => {
    let key = imported.get(credential.id)
    if (key === undefined) imported.set(credential.id, (key = importVerificationKey(readMaterial(credential.material)) ?? null))
    return key ?? undefined
  }
}

export function readMaterial(material: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(material).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
