// What a row with public keys of a client contains: one key, or where the client publishes its keys. Keys are checked when they are
// registered, and imported once: a row never changes, and a denied request, which reads the client from the store, must not import them
// again.
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { CredentialRecord } from '../cache/records.ts'

export interface KeyMaterial {
  readonly keyId: string | undefined
  readonly algorithm: string | undefined
  readonly jwksUri: string | undefined
  /** Undefined for an address. */
  load(): VerificationKey | undefined
}

export type ReadKeyMaterial = (credential: Pick<CredentialRecord, 'id' | 'material'>) => KeyMaterial

const rememberedRows = 20_000

export function createMaterialReader(): ReadKeyMaterial {
  const known = new BoundedMap<KeyMaterial>(rememberedRows)
  return ({ id, material }) => {
    let read = known.get(id)
    if (!read) known.set(id, (read = readKeyMaterial(material)))
    return read
  }
}

/** Material that cannot be read is no key. */
export function readKeyMaterial(material: Uint8Array): KeyMaterial {
  const members = parseMembers(material)
  const text = (member: string) => (typeof members[member] === 'string' ? members[member] : undefined)
  let imported: VerificationKey | null | undefined
  return {
    keyId: text('kid'),
    algorithm: text('alg'),
    jwksUri: text('jwks_uri'),
    load() {
      if (imported === undefined) imported = importVerificationKey(members) ?? null
      return imported ?? undefined
    },
  }
}

export function parseMembers(material: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(material).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
