// Creates signing keys, encrypted as the store holds them. `kid` is the RFC 7638 thumbprint, so no two keys have the same.
import { createPublicKey, generateKeyPair as generateKeyPairInThread, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { logChanges } from '../store/change-log.ts'
import type { KeyRing } from './key-ring.ts'
import { algorithmsOf, longestLifetimes, missingAlgorithms, noKeyRows, readKeyRows, type KeyRow } from './key-rows.ts'
import { wrap } from './key-wrapping.ts'
import { underUsedVersion } from './wrap-again.ts'
import { thumbprint } from './public-jwk.ts'
import { bindingOf, type KeyContext } from './signing-keys.ts'

/** An RSA key takes a tenth of a second to create, the others a tenth of a millisecond. */
export function isQuickToCreate(algorithm: SigningAlgorithmName): boolean {
  return signingAlgorithms[algorithm].keyType !== 'RSA'
}

interface CreationOptions {
  /** Creates only keys of these algorithms. */
  readonly isWanted?: (algorithm: SigningAlgorithmName) => boolean
  /** Keeps keys that the store did not take, for the next attempt: an RSA key is too expensive to be created at each. */
  readonly spare?: Map<SigningAlgorithmName, KeyRow>
}

/** Creates the keys that these realms lack, unless another node was faster. The new rows are in the store when it resolves. */
export async function createMissingKeys(
  { store, ring, clock }: KeyContext,
  realms: readonly Realm[],
  { isWanted = () => true, spare }: CreationOptions,
): Promise<void> {
  const create = async (realm: Realm, own: SigningAlgorithmName, algorithm: SigningAlgorithmName) => {
    const made = spare?.get(algorithm) ?? (await createKeyRow(realm.name, algorithm, ring, clock(), algorithm !== own))
    const row: KeyRow = { ...made, state: 'active', activated_at: made.created_at }
    spare?.set(algorithm, row)
    return { realm, row }
  }
  const only = realms.length === 1 ? realms[0]!.name : undefined
  const known = await readKeyRows(store.backgroundPool, only)
  const made = await Promise.all(
    realms.flatMap((realm) => {
      const rows = known.get(realm.name) ?? noKeyRows
      const [own] = algorithmsOf(rows, realm)
      return missingAlgorithms(rows, realm)
        .filter(isWanted)
        .map((algorithm) => create(realm, own, algorithm))
    }),
  )
  if (made.length === 0) return
  // In a transaction: of several nodes that need a key at once, one creates it and the others read it.
  const isTold = await store.transact(async (db) => {
    const found = await readKeyRows(db, only)
    const rowsOf = (realm: Realm) => found.get(realm.name) ?? noKeyRows
    const longest = await longestLifetimes(db, realms)
    const missing = made.filter(({ realm, row }) => missingAlgorithms(rowsOf(realm), realm).some((name) => name === row.algorithm))
    for (let first = 0; first < missing.length; first += rowsPerInsert) {
      const rows = missing.slice(first, first + rowsPerInsert).map(({ row, realm }) => withLifetime(row, longest.get(realm.name)!))
      await db
        .insertInto('signing_keys')
        .values(await underUsedVersion(db, ring, rows))
        .execute()
    }
    // A node that knows keys of the realm, but lacks an algorithm in its configuration, would not publish the new ones.
    const known = new Set(missing.filter(({ realm }) => rowsOf(realm).live.length > 0).map(({ realm }) => realm.name))
    if (!store.isShared || known.size === 0) return false
    const changes = [...known].map((realm) => ({ realm, organizationId: null, what: 'keys', subject: null, clientId: null }))
    await logChanges(db, changes, clock())
    return true
  })
  spare?.clear()
  if (isTold) store.hint()
}

function withLifetime(row: KeyRow, longest: number): KeyRow {
  return { ...row, longest_lifetime: longest }
}

/** A statement has a bounded number of variables. */
const rowsPerInsert = 500

/** A new key for a realm, staged now and encrypted, as the store holds it. @param isFurther whether the algorithm is not the realm's own */
export async function createKeyRow(
  realm: string,
  algorithm: SigningAlgorithmName,
  ring: KeyRing,
  now: number,
  isFurther = false,
): Promise<KeyRow> {
  return toKeyRow({ realm, algorithm, isFurther, ring, now, privateKey: await generateKey(algorithm) })
}

interface NewKey {
  readonly realm: string
  readonly algorithm: SigningAlgorithmName
  readonly isFurther: boolean
  readonly ring: KeyRing
  readonly now: number
  readonly privateKey: KeyObject
  /** Default: the thumbprint. */
  readonly kid?: string
}

export function toKeyRow({ realm, algorithm, isFurther, ring, now, privateKey, kid: givenKid }: NewKey): KeyRow {
  const ownThumbprint = thumbprint(createPublicKey(privateKey))
  const kid = givenKid ?? ownThumbprint
  return {
    kid,
    realm,
    algorithm,
    state: 'staged',
    further: Number(isFurther),
    wrapped_private_key: wrap(ring, bindingOf({ kid, realm, algorithm }), privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()),
    created_at: now,
    thumbprint: ownThumbprint,
    origin: 'made',
    certificates: null,
    published_at: now,
    activated_at: null,
    retain_until: null,
    state_at: now,
    longest_lifetime: 86_400,
  }
}

const generateKeyPair = promisify(generateKeyPairInThread)

export async function generateKey(algorithm: SigningAlgorithmName): Promise<KeyObject> {
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[algorithm]
  if (keyType === 'EC') return (await generateKeyPair('ec', { namedCurve: curve! })).privateKey
  if (keyType === 'OKP') return (await generateKeyPair('ed25519')).privateKey
  return (await generateKeyPair('rsa', { modulusLength: 2048 })).privateKey
}
