// Registers public keys of a client, also while it is created. The first key makes the client accept assertions: a key that could not be
// used would be a trap.
import { randomUUID } from 'node:crypto'
import { keyMethodName, publicKeyKind, type SigningAlgorithmName } from '@countersign/protocol'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { PublicKeyError, readPublicKeys, type RegisteredKey } from '../keys/read-public-key.ts'
import type { Realm } from '../realms/realm.ts'
import { parseTexts } from '../store/damage.ts'
import { refuseUnaccepted } from './authentication-methods.ts'
import { readKeys, type KeyRecord } from './client-keys.ts'
import type { ClientRow } from './lock-client.ts'

export interface KeyInput {
  readonly key: string | Readonly<Record<string, unknown>>
  readonly keyId?: string | undefined
  readonly algorithm?: SigningAlgorithmName | undefined
}

export type KeyHolder = Pick<ClientRow, 'id' | 'client_id' | 'organization_id' | 'authentication_methods'>

/** Registered keys, and the address of a set as one. */
export const maxKeys = 10

/** @throws ProblemError `invalid-request`, `conflict` */
export async function addKeys(change: Change, realm: Realm, client: KeyHolder, input: KeyInput): Promise<readonly string[]> {
  refuseTooMany(countOf(input), client) // Before the work of reading them, which an RSA key makes long.
  const wanted = read(input, change.now)
  const present = await beginKeyStep(change, client.id)
  refuseTooMany(present.length + wanted.length, client)
  refuseRepeated(present, wanted)
  const added = wanted.map(({ jwk, expiresAt }) => ({ id: randomUUID(), jwk, expiresAt }))
  await insertMaterial(
    change,
    client.id,
    present,
    added.map(({ id, jwk, expiresAt }) => ({ id, material: jwk, expiresAt })),
  )
  const addedMethod = await acceptAssertions(change, realm, client, present)
  change.record({
    kind: 'keys.add',
    subject: { realm: realm.name, organizationId: client.organization_id, clientId: client.client_id },
    changed: 'client',
    detail: {
      keys: added.map(({ id, jwk: { kid, alg }, expiresAt }) => ({ publicKeyId: id, keyId: kid, algorithm: alg, expiresAt })),
      ...(addedMethod !== undefined && { addedMethod }),
    },
  })
  return added.map(({ id }) => id)
}

function countOf({ key }: KeyInput): number {
  const members = typeof key === 'string' ? undefined : key['keys']
  return Array.isArray(members) ? members.length : 1
}

function read({ key, keyId, algorithm }: KeyInput, now: number): RegisteredKey[] {
  try {
    return readPublicKeys(key, { keyId, algorithm }, now)
  } catch (error) {
    if (!(error instanceof PublicKeyError)) throw error
    throw new ProblemError('invalid-request', {
      detail: `/key: expected ${error.message}.`,
      errors: [{ pointer: '/key', detail: `expected ${error.message}` }],
    })
  }
}

/** Deletes the expired keys of a locked client, and returns the others. */
export async function beginKeyStep({ db, now }: Change, client: string): Promise<KeyRecord[]> {
  await db.deleteFrom('credentials').where('client', '=', client).where('kind', '=', publicKeyKind).where('expires_at', '<=', now).execute()
  return readKeys(db, client)
}

export function refuseTooMany(count: number, { client_id: clientId }: Pick<KeyHolder, 'client_id'>): void {
  if (count <= maxKeys) return
  throw new ProblemError('conflict', {
    detail: `The client "${clientId}" would have ${count} keys; ${maxKeys} are the most.`,
    remedy: 'Remove keys that are not in use any more; the list of keys shows when each was used last.',
  })
}

/** Without an id of its own a key could not be chosen by an assertion (RFC 7517 §4.5). */
function refuseRepeated(present: readonly KeyRecord[], wanted: readonly RegisteredKey[]): void {
  const ids = new Set(present.map(({ keyId }) => keyId))
  for (const { jwk } of wanted) {
    if (ids.has(jwk.kid))
      throw new ProblemError('conflict', {
        detail: 'The client would have two keys with the same id ("kid").',
        remedy: 'Give the new key another "kid". If it is the same key, it is registered already.',
        errors: [{ pointer: '/key', detail: 'expected a key whose id ("kid") the client does not have yet' }],
      })
    ids.add(jwk.kid)
  }
}

/** @throws ProblemError `conflict` */
export async function refuseWithoutKeys({ db }: Change, { id, client_id: clientId }: Pick<KeyHolder, 'id' | 'client_id'>): Promise<void> {
  if ((await readKeys(db, id)).length > 0) return
  throw new ProblemError('conflict', {
    detail: `The client "${clientId}" has no key, so it could not authenticate without a secret.`,
    remedy: 'Register a key first ("countersign client key add"), then take the other methods away.',
  })
}

/**
 * Sets where the client publishes its keys; instead of the address before, if there was one.
 * @throws ProblemError `invalid-request`, `conflict`
 */
export async function setJwksUri(
  change: Change,
  realm: Realm,
  client: KeyHolder,
  { url, algorithm, fault }: { readonly url: string; readonly algorithm?: string | undefined; readonly fault: string | undefined },
): Promise<void> {
  if (fault !== undefined)
    throw new ProblemError('invalid-request', {
      detail: `The URL: expected ${fault}.`,
      errors: [{ pointer: '/url', detail: `expected ${fault}` }],
    })
  const present = await beginKeyStep(change, client.id)
  const before = present.find(({ jwksUri }) => jwksUri !== null)
  if (before) await change.db.deleteFrom('credentials').where('id', '=', before.id).execute()
  refuseTooMany(present.length + (before ? 0 : 1), client)
  const id = randomUUID()
  await insertMaterial(change, client.id, present, [
    { id, material: { jwks_uri: url, ...(algorithm !== undefined && { alg: algorithm }) }, expiresAt: null },
  ])
  const addedMethod = await acceptAssertions(change, realm, client, present)
  change.record({
    kind: 'keys.setUri',
    subject: { realm: realm.name, organizationId: client.organization_id, clientId: client.client_id },
    changed: 'client',
    detail: {
      publicKeyId: id,
      jwksUri: url,
      before: before?.jwksUri ?? null,
      ...(before && { replacedKeyId: before.id }),
      ...(addedMethod !== undefined && { addedMethod }),
    },
  })
}

export interface NewMaterial {
  readonly id: string
  readonly material: object
  readonly expiresAt: number | null
}

/** Later than the others even within one millisecond: the newest key comes first. */
export async function insertMaterial(
  { db, now }: Change,
  client: string,
  present: readonly KeyRecord[],
  rows: readonly NewMaterial[],
): Promise<void> {
  const createdAt = Math.max(now, ...present.map((key) => key.createdAt + 1))
  await db
    .insertInto('credentials')
    .values(
      rows.map(({ id, material, expiresAt }, index) => ({
        id,
        client,
        kind: publicKeyKind,
        origin: 'imported' as const,
        material: Buffer.from(JSON.stringify(material)),
        digest_version: 0,
        last_four: '',
        created_at: createdAt + index,
        expires_at: expiresAt,
      })),
    )
    .execute()
}

/** Adds the method with the first key. @returns the method, if it was added */
export async function acceptAssertions(
  { db }: Change,
  realm: Realm,
  client: KeyHolder,
  before: readonly KeyRecord[],
): Promise<string | undefined> {
  refuseUnaccepted(realm, [keyMethodName])
  const methods = parseTexts(client.authentication_methods) ?? []
  if (before.length > 0 || methods.includes(keyMethodName)) return undefined
  await db
    .updateTable('clients')
    .set({ authentication_methods: JSON.stringify([...methods, keyMethodName]) })
    .where('id', '=', client.id)
    .execute()
  return keyMethodName
}
