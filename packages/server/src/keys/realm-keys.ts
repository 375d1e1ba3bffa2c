// The signing keys of each realm: requests use the current ones, and reload() reads them again after a change.
import type { VerificationKey } from '@countersign/guard'
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { OnDamage } from '../store/damage.ts'
import type { Store } from '../store/store.ts'
import type { KeyRing } from './key-ring.ts'
import type { PublicJwk } from './public-jwk.ts'
import { loadRealmKeys, type LoadedKeys, type SigningKey } from './signing-keys.ts'

export interface RealmKeys {
  /** By which the realm signs, also while its key cannot be decrypted. */
  algorithm(): SigningAlgorithmName
  /** Signs the next token; undefined if the realm's key cannot be decrypted. */
  active(): SigningKey | undefined
  /**
   * The keys of every token that may still be valid; undefined if the realm's key cannot be decrypted. The same array until a
   * reload.
   */
  published(): readonly PublicJwk[] | undefined
  /** @throws Error if the realm's key cannot be decrypted: then no token can be verified */
  find(kid: string): VerificationKey | undefined
}

export interface SigningKeys {
  /** @throws TypeError for a realm that is not configured */
  of(realm: string): RealmKeys
  /** Reads the keys of a realm again. Requests use the previous ones until it resolves. */
  reload(realm: string): Promise<void>
  /** Reads the keys of all realms again. */
  reloadAll(): Promise<void>
}

export interface SigningKeysOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly ring: KeyRing
  readonly clock: Clock
  /** Called for every row that cannot be decrypted, which is then left out; without it such a row is an error. */
  readonly onDamage?: OnDamage
}

/**
 * Reads the keys of every realm, and creates one for a realm that has none for its algorithm.
 * @throws KeyRingError for a key that cannot be decrypted, if there is no `onDamage`
 */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { realms } = options
  const loaded = new Map<string, LoadedKeys>()
  const load = async (realm: Realm) => void loaded.set(realm.name, await loadRealmKeys(options, realm, loaded.get(realm.name)?.usable))
  for (const realm of realms.values()) await load(realm)

  let lastReload: Promise<unknown> = Promise.resolve()
  /** One after the other: of two reads at once the older could be the last to arrive. */
  const reload = (some: Iterable<Realm>): Promise<void> => {
    const reloading = lastReload.then(async () => {
      for (const realm of some) await load(realm)
    })
    lastReload = reloading.catch(() => {})
    return reloading
  }

  return {
    of(name) {
      if (!realms.has(name)) throw new TypeError(`The realm "${name}" is not configured`)
      return {
        algorithm: () => loaded.get(name)!.algorithm,
        active: () => loaded.get(name)?.usable?.active,
        published: () => loaded.get(name)?.usable?.published,
        find(kid) {
          const keys = loaded.get(name)?.usable
          if (!keys) throw new Error(`The signing key of the realm "${name}" cannot be decrypted`)
          return keys.verificationKeys.get(kid)
        },
      }
    },
    async reload(name) {
      const realm = realms.get(name)
      if (realm) await reload([realm])
    },
    reloadAll: () => reload(realms.values()),
  }
}
