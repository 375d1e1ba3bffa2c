// Ends signing keys: in good order, when the last of their tokens has ended, or at once when they are compromised. The private key is erased
// and the row stays, so that no other key ever gets its id.
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { Change } from '../change/apply-change.ts'
import { generateKey } from '../keys/create-keys.ts'
import { algorithmsOf, findStaged, type KeyRow } from '../keys/key-rows.ts'
import { maySignFrom, rulesOf } from '../keys/key-states.ts'
import type { Realm } from '../realms/realm.ts'
import { findFault, startRetiring, startSigning } from './activate-key.ts'
import { findKey, formatInstant, readRows, recordActivation, refuseStep, type SigningKeyContext } from './find-key.ts'
import { insertKey } from './stage-key.ts'

/**
 * An active key whose algorithm the realm has no longer becomes retiring, a retiring one retired.
 * @throws ProblemError `not-found`; `conflict` if the realm signs with the key, or while its tokens may be valid
 */
export async function retireKey(change: Change, context: SigningKeyContext, realm: Realm, kid: string): Promise<'retiring' | 'retired'> {
  const key = await findKey(change, realm, kid)
  const { algorithm, state, retain_until: retainUntil } = key
  const record = (reached: 'retiring' | 'retired', until: number | null) => {
    const detail = { keyId: kid, algorithm, state: reached, retainUntil: until }
    change.record({ kind: 'signingKeys.retire', subject: { realm: realm.name }, changed: 'keys', detail })
    return reached
  }
  if (state === 'active') {
    const isUsed = [realm.signingAlgorithm, ...algorithmsOf(await readRows(change, realm), realm)].some((name) => name === algorithm)
    if (isUsed)
      refuseStep(
        `The realm "${realm.name}" signs with "${kid}", its active key for ${algorithm}.`,
        'Activate the staged key of the same algorithm, which makes this one retire.',
      )
    return record('retiring', await startRetiring(change, context, key))
  }
  if (state !== 'retiring') refuseStep(`The signing key "${kid}" is ${state}; only a retiring key can be retired.`, remedyFor(state))
  if (retainUntil === null || change.now < retainUntil)
    refuseStep(
      `Tokens that the signing key "${kid}" signed may be valid until ${formatInstant(retainUntil ?? 0)}.`,
      'Wait until then: it is retired by itself. Only a compromised key is taken away before, and its tokens are refused.',
    )
  await erase(change, key, 'retired')
  return record('retired', retainUntil)
}

function remedyFor(state: KeyRow['state']): string {
  return state === 'staged' ? 'Mark a staged key that is not wanted as compromised.' : 'There is nothing to do: it has ended.'
}

export interface CompromiseOptions {
  readonly reason?: string | undefined
}

export interface Compromise {
  /** The key that signs from now on; null if the compromised one did not sign, or if none may sign yet. */
  readonly replacedBy: string | null
  /** If none may sign yet: from then on one does. Milliseconds since the epoch. */
  readonly signsFrom: number | null
}

/**
 * From the commit on no node signs with the key or accepts it. If it signed, the key that was published longest signs now; without one, a
 * new one is staged. Marking a key again changes nothing.
 * @throws ProblemError `not-found`
 */
export async function compromiseKey(
  change: Change,
  context: SigningKeyContext,
  realm: Realm,
  kid: string,
  { reason }: CompromiseOptions = {},
): Promise<Compromise> {
  const key = await findKey(change, realm, kid)
  if (key.state === 'compromised') {
    change.recordNothing()
    return { replacedBy: null, signsFrom: null }
  }
  await erase(change, key, 'compromised')
  const compromise = key.state === 'active' ? await replace(change, context, realm, key) : { replacedBy: null, signsFrom: null }
  const { replacedBy } = compromise
  const detail = { keyId: kid, algorithm: key.algorithm, before: key.state, replacedBy, reason }
  change.record({ kind: 'signingKeys.compromise', subject: { realm: realm.name, keyId: kid }, changed: 'keys', detail })
  return compromise
}

async function replace(change: Change, context: SigningKeyContext, realm: Realm, ended: KeyRow): Promise<Compromise> {
  const { algorithm } = ended
  const staged = findStaged((await readRows(change, realm)).live, algorithm)
  const reserves = staged.filter((row) => findFault(context, row) === undefined)
  const rules = rulesOf(realm, context.leaseMs)
  const fromWhen = (row: KeyRow) => maySignFrom(row, rules, true)
  const next = reserves.find((row) => fromWhen(row) <= change.now) ?? reserves[0] ?? (await stageNext(change, context, realm, ended))
  if (fromWhen(next) > change.now) return { replacedBy: null, signsFrom: fromWhen(next) }
  await startSigning(change, next)
  recordActivation(change, realm, next, null, true)
  return { replacedBy: next.kid, signsFrom: null }
}

async function stageNext(change: Change, context: SigningKeyContext, realm: Realm, ended: KeyRow): Promise<KeyRow> {
  const algorithm = ended.algorithm as SigningAlgorithmName
  const material = { algorithm, privateKey: await generateKey(algorithm), isFurther: ended.further === 1 }
  const row = await insertKey(change, context, realm, await readRows(change, realm), material)
  change.record({ kind: 'signingKeys.stage', subject: { realm: realm.name }, changed: 'keys', detail: { keyId: row.kid, algorithm } })
  return row
}

async function erase({ db, now }: Change, { kid }: KeyRow, state: 'retired' | 'compromised'): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ state, wrapped_private_key: '', state_at: now })
    .where('kid', '=', kid)
    .executeTakeFirstOrThrow()
}
