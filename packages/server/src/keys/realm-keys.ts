// The signing keys of each realm: one active key for each of its algorithms. At the start all rows are read, and first keys that are quick to
// create are created; all later ones come by the steps of signing-keys/. RSA keys are created, and the keys of a realm are decrypted, when they are first needed: 1,000 realms would take
// minutes, or seconds. Requests use the current keys, and reload() reads them again after a change.
import { setImmediate as turn } from 'node:timers/promises'
import type { VerificationKey } from '@countersign/guard'
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { createMissingKeys, isQuickToCreate } from './create-keys.ts'
import {
  algorithmsOf,
  findActive,
  findActiveRows,
  findStaged,
  missingAlgorithms,
  noKeyRows,
  readKeyRows,
  type KeyRow,
  type RealmAlgorithms,
  type RealmKeyRows,
} from './key-rows.ts'
import { maySignFrom, rulesOf } from './key-states.ts'
import type { PublicJwk } from './public-jwk.ts'
import { openKeys, type KeyContext, type LoadedKeys, type SigningKey } from './signing-keys.ts'

export interface RealmKeys {
  /**
   * Creates the keys that the realm lacks. Before it resolves there may be no keys.
   * @param algorithm waits only if the key of this one is missing; default: if any is
   */
  open(algorithm?: SigningAlgorithmName): Promise<void>
  /** The algorithms of the realm, its own first; all of them also while their keys must not be used. */
  algorithms(): RealmAlgorithms
  /**
   * Signs the next token of an algorithm; undefined if the realm does not have it, if its key is not there yet, or must not be used.
   * @param algorithm null for the realm's own
   */
  active(algorithm: SigningAlgorithmName | null): SigningKey | undefined
  /**
   * From when on a key of the algorithm may sign, while none does because the last one was compromised; undefined if one is active, be it
   * damaged. Milliseconds since the epoch; null if it is not known, because the next key is not there yet.
   */
  signsFrom(algorithm: SigningAlgorithmName): number | null | undefined
  /** Its rows, as this node last read them. */
  rows(): RealmKeyRows
  /**
   * The keys of every token that may still be valid or that will be signed soon; undefined if there is none, or none that signs while one
   * must not be used. Without those that must not be used. The same array until a reload.
   */
  published(): readonly PublicJwk[] | undefined
  /** @throws Error for an unknown key id if it may be the one of a key that must not be used */
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
  /** Called when keys were read again. */
  onReload(callback: () => void): void
}

export interface SigningKeysOptions extends KeyContext {
  readonly realms: ReadonlyMap<string, Realm>
}

/** Reads the rows of the keys, and creates those that are missing and quick to create; decrypts nothing yet. */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { realms, store } = options
  const keysOf = new Map([...realms].map(([name, realm]) => [name, createRealmKeys(options, realm, () => reload(name))]))
  let reloaded = () => {}
  const readAll = async () => {
    const rows = await readKeyRows(store.backgroundPool)
    for (const [name, keys] of keysOf) keys.replace(rows.get(name) ?? noKeyRows)
    reloaded()
  }

  let lastReload: Promise<unknown> = Promise.resolve()
  /** One after the other: of two reads at once the older could be the last to arrive. */
  const inTurn = (read: () => Promise<void>): Promise<void> => {
    const reading = lastReload.then(read)
    lastReload = reading.catch(() => {})
    return reading
  }
  const reload = async (name: string): Promise<void> => {
    const keys = keysOf.get(name)
    if (!keys) return
    await inTurn(async () => keys.replace((await readKeyRows(store.backgroundPool, name)).get(name) ?? noKeyRows))
    reloaded()
  }

  await readAll()
  const missing = [...realms.values()].filter(({ name }) => keysOf.get(name)!.missing().some(isQuickToCreate))
  if (missing.length > 0) {
    await createMissingKeys(options, missing, { isWanted: isQuickToCreate })
    await readAll()
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
    reload,
    reloadAll: () => inTurn(readAll),
    onReload: (callback) => void (reloaded = callback),
  }
}

interface ReplaceableKeys extends RealmKeys {
  /** From now on the keys are those of these rows. */
  replace(rows: RealmKeyRows): void
  /** The algorithms whose keys have to be created. */
  missing(): readonly SigningAlgorithmName[]
}

/** @param reload reads the rows again, in turn with other reads */
function createRealmKeys(context: KeyContext, realm: Realm, reload: () => Promise<void>): ReplaceableKeys {
  let rows: RealmKeyRows = noKeyRows
  let algorithms = algorithmsOf(rows, realm)
  let missing: readonly SigningAlgorithmName[] = algorithms
  let loaded: LoadedKeys | undefined
  let isLoaded = false
  let creation: Promise<void> | undefined
  const spare = new Map<SigningAlgorithmName, KeyRow>()

  const replace = (read: RealmKeyRows): void => {
    rows = read
    algorithms = algorithmsOf(rows, realm)
    missing = missingAlgorithms(rows, realm)
    isLoaded = false
  }
  const current = (): LoadedKeys => {
    if (!loaded || !isLoaded) {
      loaded = openKeys(context, rows.live, findActiveRows(rows, realm), loaded)
      isLoaded = true
    }
    return loaded
  }
  const create = async (): Promise<void> => {
    await createMissingKeys(context, [realm], { spare })
    await reload()
  }
  const open = async (algorithm?: SigningAlgorithmName): Promise<void> => {
    if (algorithm === undefined ? missing.length > 0 : missing.includes(algorithm)) {
      creation ??= create().finally(() => {
        creation = undefined
      })
      await creation
    }
    current()
  }
  const findNow = (kid: string): VerificationKey | undefined => {
    const keys = current()
    const key = keys.verificationKeys.get(kid)
    if (!key && keys.isDamaged) throw new Error(`A signing key of the realm "${realm.name}" must not be used`)
    return key
  }
  return {
    open,
    algorithms: () => algorithms,
    active: (algorithm) => current().active.get(algorithm ?? algorithms[0]),
    signsFrom(algorithm) {
      if (findActive(rows.live, algorithm) || missing.includes(algorithm)) return undefined
      const [reserve] = findStaged(rows.live, algorithm)
      return reserve ? maySignFrom(reserve, rulesOf(realm, context.leaseMs ?? 0), true) : null
    },
    rows: () => rows,
    published() {
      const { active, published, isDamaged } = current()
      const isKnown = active.size > 0 || (!isDamaged && published.length > 0)
      return isKnown ? published : undefined
    },
    find(kid) {
      const isKnown = missing.length === 0 || current().verificationKeys.has(kid)
      return isKnown ? findNow(kid) : open().then(() => findNow(kid))
    },
    replace,
    missing: () => missing,
  }
}
