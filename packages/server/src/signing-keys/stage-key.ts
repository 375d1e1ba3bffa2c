// New signing keys of a realm: made here, or imported. They are published from now on, and sign later (activate-key.ts).
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { generateKey, toKeyRow } from '../keys/create-keys.ts'
import { algorithmsOf, longestLifetimes, missingAlgorithms, type KeyRow, type RealmKeyRows } from '../keys/key-rows.ts'
import { underUsedVersion } from '../keys/wrap-again.ts'
import type { Realm } from '../realms/realm.ts'
import { readRows, recordActivation, refuseStep, type SigningKeyContext } from './find-key.ts'

/** Verifiers read the whole set; our guards refuse one with more than 100 keys. */
export const maxLiveKeys = 50
/** All certificates of the keys in one set, in base64: our guards refuse a set of more than 256 kB. Characters. */
export const maxCertificatesLength = 128 * 1024

export interface StageInput {
  readonly algorithm: SigningAlgorithmName
  /** Made before the change, which then need not wait for it: an RSA key takes a tenth of a second. */
  readonly privateKey?: KeyObject
}

/** Stages a new key. Returns its id. @throws ProblemError `invalid-request`, `conflict` */
export async function stageKey(change: Change, context: SigningKeyContext, realm: Realm, input: StageInput): Promise<string> {
  const { algorithm, privateKey = await generateKey(algorithm) } = input
  const rows = await readRows(change, realm)
  checkAlgorithm(rows, realm, algorithm)
  const row = await insertKey(change, context, realm, rows, { algorithm, privateKey })
  const detail = { keyId: row.kid, algorithm }
  change.record({ kind: 'signingKeys.stage', subject: { realm: realm.name }, changed: 'keys', detail })
  if (row.state === 'active') recordActivation(change, realm, row, null, false)
  return row.kid
}

/** A key made elsewhere, read and checked (keys/read-private-key.ts). */
export interface ImportInput {
  readonly privateKeyPem: string
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  /** Of the key, then of its issuers: DER in base64. */
  readonly certificates?: readonly string[] | undefined
  /** Whether verifiers know the key by this id already: then it waits only until all nodes publish it. */
  readonly alreadyPublished: boolean
}

/** Stages a key that was made elsewhere. Returns its id. @throws ProblemError `invalid-request`, `conflict` */
export async function importKey(change: Change, context: SigningKeyContext, realm: Realm, input: ImportInput): Promise<string> {
  const { kid, algorithm, certificates = [], alreadyPublished } = input
  const rows = await readRows(change, realm)
  checkAlgorithm(rows, realm, algorithm)
  refuseTooManyCertificates(rows, certificates)
  const privateKey = createPrivateKey(input.privateKeyPem)
  const inserted = await insertKey(change, context, realm, rows, { algorithm, privateKey, kid }, (row) => ({
    ...row,
    origin: 'imported',
    certificates: certificates.length > 0 ? JSON.stringify(certificates) : null,
    published_at: alreadyPublished ? 0 : row.published_at,
  }))
  const { thumbprint } = inserted
  const detail = { keyId: kid, algorithm, alreadyPublished, thumbprint: thumbprint ?? kid, certificates: certificates.length }
  change.record({ kind: 'signingKeys.import', subject: { realm: realm.name }, changed: 'keys', detail })
  if (inserted.state === 'active') recordActivation(change, realm, inserted, null, false)
  return kid
}

function refuseTooManyCertificates({ live }: RealmKeyRows, added: readonly string[]): void {
  const published = live.reduce((length, { certificates }) => length + (certificates?.length ?? 0), 0)
  const total = published + added.join('').length
  if (added.length > 0 && total > maxCertificatesLength)
    refuseStep(
      `The certificates of the keys that the realm publishes would have ${total} characters; ${maxCertificatesLength} are the most, because verifiers read the whole set.`,
      'Import the key without the certificates of its issuers, or wait until other imported keys have ended.',
    )
}

/** @throws ProblemError `invalid-request` for an algorithm by which the realm never signs */
function checkAlgorithm(rows: RealmKeyRows, realm: Realm, algorithm: SigningAlgorithmName): void {
  const known = [...new Set([realm.signingAlgorithm ?? algorithmsOf(rows, realm)[0], ...algorithmsOf(rows, realm)])]
  if (known.includes(algorithm)) return
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm.name}" does not sign by ${algorithm}.`,
    remedy: `Use one of ${known.join(', ')}, or set "signingAlgorithm" or "signingAlgorithms" of the realm in the configuration of every server.`,
    errors: [{ pointer: '/algorithm', detail: `expected one of ${known.join(', ')}` }],
  })
}

interface Material {
  readonly algorithm: SigningAlgorithmName
  readonly privateKey: KeyObject
  readonly kid?: string
  /** Default: whether it is not the realm's own algorithm, of now or of the configuration. */
  readonly isFurther?: boolean
}

/** A first key signs at once, as one that a request creates. */
export async function insertKey(
  { db, now }: Change,
  { ring }: SigningKeyContext,
  realm: Realm,
  rows: RealmKeyRows,
  material: Material,
  complete: (row: KeyRow) => KeyRow = (row) => row,
): Promise<KeyRow> {
  if (rows.live.length >= maxLiveKeys)
    refuseStep(
      `The realm "${realm.name}" publishes ${rows.live.length} signing keys, which is as many as it can have.`,
      'Wait until retiring keys have ended, or mark staged keys that are not needed as compromised.',
    )
  const isOther = material.algorithm !== realm.signingAlgorithm && material.algorithm !== algorithmsOf(rows, realm)[0]
  const made = complete(toKeyRow({ isFurther: isOther, ...material, realm: realm.name, ring, now }))
  await refuseKnown({ db }, made)
  const isFirst = missingAlgorithms(rows, realm).includes(material.algorithm)
  const row: KeyRow = {
    ...made,
    ...(isFirst && { state: 'active', activated_at: now }),
    longest_lifetime: (await longestLifetimes(db, [realm])).get(realm.name)!,
  }
  await db
    .insertInto('signing_keys')
    .values(await underUsedVersion(db, ring, [row]))
    .execute()
  return row
}

/** An id stands for one key for ever, and a key is in one place: what ends one must end all of it. @throws ProblemError `conflict` */
async function refuseKnown({ db }: Pick<Change, 'db'>, { realm, kid, thumbprint }: KeyRow): Promise<void> {
  const known = await db
    .selectFrom('signing_keys')
    .select(['kid', 'realm', 'state'])
    .where((row) => row.or([row('kid', '=', kid), row('thumbprint', '=', thumbprint), row('kid', '=', thumbprint)]))
    .executeTakeFirst()
  if (!known) return
  const what = known.kid === kid ? `a signing key with the id "${kid}"` : `this key, with the id "${known.kid}"`
  refuseStep(
    `${known.realm === realm ? `The realm "${realm}"` : 'Another realm'} has ${what} already (${known.state}). An id is never used for another key, and a key never twice.`,
    'Import another key, or use the one that is there.',
  )
}
