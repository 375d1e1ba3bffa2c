// The signing keys of each realm. At the start all rows are read, and keys that are quick to create are created. RSA keys are created, and
// the keys of a realm are decrypted, when they are first needed: 1,000 realms would take minutes, or seconds. Requests use the current
// keys, and reload() reads them again after a change.
import { setImmediate as turn } from 'node:timers/promises'
import type { VerificationKey } from '@countersign/guard'
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import type { PublicJwk } from './public-jwk.ts'
import {
  algorithmOf,
  createActiveKeys,
  hasActiveRow,
  isQuickToCreate,
  openKeys,
  readKeyRows,
  type KeyContext,
  type KeyRow,
  type LoadedKeys,
  type SigningKey,
} from './signing-keys.ts'

export interface RealmKeys {
  /** Creates the key that the realm signs with, if it has none. Before it resolves there may be no keys. */
  open(): Promise<void>
  /** By which the realm signs, also while it has no key that may be used. */
  algorithm(): SigningAlgorithmName
  /** Signs the next token; undefined if the realm's key must not be used. */
  active(): SigningKey | undefined
  /**
   * The keys of every token that may still be valid; undefined if the realm's key must not be used. The same array until a
   * reload.
   */
  published(): readonly PublicJwk[] | undefined
  /** @throws Error if the realm's key must not be used: then no token can be verified */
  find(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

export interface SigningKeys {
  /** @throws TypeError for a realm that is not configured */
  of(realm: string): RealmKeys
  /** Opens the keys of all realms, one after another, between requests. */
  openAll(stopped: AbortSignal): Promise<void>
  /** Reads the keys of a realm again. Requests use the previous ones until it resolves. */
  reload(realm: string): Promise<void>
  /** Reads the keys of all realms again. */
  reloadAll(): Promise<void>
}

export interface SigningKeysOptions extends KeyContext {
  readonly realms: ReadonlyMap<string, Realm>
}

/** Reads the rows of the keys, and creates those that are missing and quick to create; decrypts nothing yet. */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { realms, store } = options
  const keysOf = new Map([...realms].map(([name, realm]) => [name, createRealmKeys(options, realm)]))
  const readAll = async () => {
    const rows = await readKeyRows(store.backgroundPool)
    for (const [name, keys] of keysOf) keys.replace(rows.get(name) ?? [])
  }
  await readAll()
  const missing = [...realms.values()].filter(({ name }) => {
    const keys = keysOf.get(name)!
    return isQuickToCreate(keys.algorithm()) && !keys.hasActive()
  })
  if (missing.length > 0) {
    await createActiveKeys(options, missing)
    await readAll()
  }

  let lastReload: Promise<unknown> = Promise.resolve()
  /** One after the other: of two reads at once the older could be the last to arrive. */
  const inTurn = (read: () => Promise<void>): Promise<void> => {
    const reading = lastReload.then(read)
    lastReload = reading.catch(() => {})
    return reading
  }

  return {
    of(name) {
      const keys = keysOf.get(name)
      if (!keys) throw new TypeError(`The realm "${name}" is not configured`)
      return keys
    },
    async openAll(stopped) {
      for (const keys of keysOf.values()) {
        if (stopped.aborted) return
        await keys.open()
        await turn()
      }
    },
    async reload(name) {
      const keys = keysOf.get(name)
      if (keys) await inTurn(async () => keys.replace((await readKeyRows(store.backgroundPool, name)).get(name) ?? []))
    },
    reloadAll: () => inTurn(readAll),
  }
}

interface ReplaceableKeys extends RealmKeys {
  /** From now on the keys are those of these rows. */
  replace(rows: readonly KeyRow[]): void
  hasActive(): boolean
}

function createRealmKeys(context: KeyContext, realm: Realm): ReplaceableKeys {
  let rows: readonly KeyRow[] = []
  let loaded: LoadedKeys | undefined
  let isLoaded = false
  let creation: Promise<void> | undefined

  const hasActive = () => hasActiveRow(rows, realm)
  const replace = (read: readonly KeyRow[]): void => {
    rows = read
    isLoaded = false
  }
  /** undefined also while the realm has no key to sign with. */
  const current = (): LoadedKeys | undefined => {
    if (!isLoaded && hasActive()) {
      loaded = openKeys(context, realm, rows, loaded)
      isLoaded = true
    }
    return isLoaded ? loaded : undefined
  }
  const create = async (): Promise<void> => {
    await createActiveKeys(context, [realm])
    const created = await readKeyRows(context.store.backgroundPool, realm.name)
    if (!hasActive()) replace(created.get(realm.name) ?? [])
  }
  const open = async (): Promise<void> => {
    if (!hasActive()) {
      creation ??= create().finally(() => {
        creation = undefined
      })
      await creation
    }
    current()
  }
  const findNow = (kid: string): VerificationKey | undefined => {
    const keys = current()
    if (!keys) throw new Error(`The signing key of the realm "${realm.name}" must not be used`)
    return keys.verificationKeys.get(kid)
  }
  return {
    open,
    algorithm: () => algorithmOf(rows, realm),
    active: () => current()?.active,
    published: () => current()?.published,
    find: (kid) => (hasActive() ? findNow(kid) : open().then(() => findNow(kid))),
    replace,
    hasActive,
  }
}
