// MACs of events and seals: "a", the version of the audit key, ":" and 22 characters (128 bits). Without the "a" the key is derived from
// that version of the pepper, as it is where no audit key is configured and in rows from before there was one.
import { createSecretKey, type KeyObject } from 'node:crypto'
import { hmacSha256 } from '../../keys/hmac.ts'
import type { KeyRing } from '../../keys/key-ring.ts'

export interface AuditKeys {
  readonly pepper: KeyRing
  readonly auditKey?: KeyRing | undefined
}

export interface AuditMac {
  /** Computes a MAC under the current version of the audit key, or of the pepper if no audit key is configured. */
  make(values: readonly unknown[]): string
  /** Whether the MAC is valid for these values under the key that it names. */
  isOf(mac: string, values: readonly unknown[]): boolean
  /** Describes the key that a MAC names if this server does not have it. */
  findMissingKey(mac: string): string | undefined
}

/** Every MAC that this object makes is under one key: the current one when it was created. */
export function createAuditMac({ pepper, auditKey }: AuditKeys): AuditMac {
  const derived = new WeakMap<KeyObject, KeyObject>()
  const current = auditKey ? `a${auditKey.currentVersion}` : String(pepper.currentVersion)
  const currentKey = findKey(current)!
  const macUnder = (name: string, key: KeyObject, values: readonly unknown[]) =>
    `${name}:${hmacSha256(key, JSON.stringify(values)).slice(0, 22)}`

  /** A ring may get versions while the server runs. */
  function findKey(name: string): KeyObject | undefined {
    const ring = name.startsWith('a') ? auditKey : pepper
    const key = ring?.versions.get(Number(name.replace('a', '')))
    if (!key) return undefined
    const known = derived.get(key) ?? derive(key)
    derived.set(key, known)
    return known
  }

  return {
    make: (values) => macUnder(current, currentKey, values),
    isOf(mac, values) {
      const name = keyNameIn(mac)
      const key = name === undefined ? undefined : findKey(name)
      return key !== undefined && macUnder(name!, key, values) === mac
    },
    findMissingKey(mac) {
      const name = keyNameIn(mac)
      if (name === undefined || findKey(name)) return undefined
      return name.startsWith('a') ? `version ${name.slice(1)} of the audit key` : `version ${name} of the secret pepper`
    },
  }
}

/** The key that a MAC names; one run of a server uses the same key for all. */
export function keyNameIn(mac: string): string | undefined {
  return /^(a?[1-9]\d{0,5}):/.exec(mac)?.[1]
}

/** Derived keys, not the configured ones: a key that digests secrets must not also protect the log. */
function derive(key: KeyObject): KeyObject {
  return createSecretKey(hmacSha256(key, 'countersign audit chain'), 'base64url')
}
