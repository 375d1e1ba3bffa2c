// The rules of the states of signing keys (decisions/073): what is due, and from which instant a step is allowed. Pure: whether every node
// and every verifier knows a key is decided by time alone, so that nodes need not ask each other.
import type { SigningAlgorithmName } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { activation, algorithmsOf, findActive, findStaged, missingAlgorithms, type KeyRow, type RealmKeyRows } from './key-rows.ts'

/** Milliseconds. */
export interface KeyRules {
  /** The age at which a key is replaced; null for never. */
  readonly rotateEvery: number | null
  /** How long a key is published before it signs, so that verifiers have it by then. */
  readonly publishBefore: number
  /** After this time every node publishes a key, or serves nothing: one that has not read the change log within its lease. */
  readonly spread: number
  /** How many staged keys each algorithm has: with several nodes one more, so that an emergency just after a rotation need not wait. */
  readonly reserves: number
}

/** Added to the lease, for the request that a node answers at the end of it. */
const spreadMarginMs = 10_000
/** For clocks of verifiers, and for a token whose request began before the key was replaced. */
const retentionMarginMs = 60_000

/** @param leaseMs 0 for a store that no other node uses */
export function rulesOf({ signingKeys: { rotateEvery, publishBefore } }: Realm, leaseMs: number): KeyRules {
  return {
    rotateEvery: rotateEvery === null ? null : rotateEvery * 1000,
    publishBefore: publishBefore * 1000,
    spread: leaseMs === 0 ? 0 : leaseMs + spreadMarginMs,
    reserves: leaseMs === 0 ? 1 : 2,
  }
}

/**
 * From when on a staged key may sign; in an emergency, as soon as our own nodes publish it. A verifier may have asked a node just before that,
 * and has the whole of `publishBefore` from then on.
 */
export function maySignFrom({ created_at, published_at }: KeyRow, { spread, publishBefore }: KeyRules, emergency: boolean): number {
  const spreadAt = created_at + spread
  return emergency ? spreadAt : Math.max(spreadAt, (published_at ?? created_at) + spread + publishBefore)
}

/** How long tokens of a key that stops signing now may be valid: a node that does not know it yet signs until its lease ends. */
export function retainedUntil({ longest_lifetime }: KeyRow, leaseMs: number, now: number): number {
  return now + leaseMs + longest_lifetime * 1000 + retentionMarginMs
}

/** A step at the instant from which it is due. */
export type KeyStep = { readonly at: number; readonly algorithm: SigningAlgorithmName } & (
  | { readonly step: 'stage' }
  /** `emergency` where nothing signs for the algorithm, so that its clients wait. */
  | { readonly step: 'activate'; readonly kid: string; readonly emergency: boolean }
  /** An active key of an algorithm that the realm has no longer becomes retiring, a retiring one retired. */
  | { readonly step: 'retire'; readonly kid: string }
)

/** The next step of each key and each algorithm of a realm, whether it is due already or not. */
export function nextSteps(rows: RealmKeyRows, realm: Realm, rules: KeyRules, now: number): readonly KeyStep[] {
  const [own, ...further] = algorithmsOf(rows, realm)
  const algorithms = new Set([own, ...(realm.signingAlgorithm ? [realm.signingAlgorithm] : []), ...further])
  const missing = missingAlgorithms(rows, realm)
  const ofAlgorithms = [...algorithms].flatMap((algorithm) => {
    if (missing.includes(algorithm)) return [] // Created when it is needed.
    const step = nextOfAlgorithm(rows, algorithm, rules, now, algorithm === realm.signingAlgorithm && algorithm !== own)
    return step ? [step] : []
  })
  return [...rows.live.flatMap(endOf), ...unusedKeys(rows, own, algorithms, rules), ...ofAlgorithms]
}

/** @param isNew whether the realm is to sign by this algorithm and signs by another one meanwhile */
function nextOfAlgorithm(
  { live }: RealmKeyRows,
  algorithm: SigningAlgorithmName,
  rules: KeyRules,
  now: number,
  isNew: boolean,
): KeyStep | undefined {
  const active = findActive(live, algorithm)
  const staged = findStaged(live, algorithm)
  const [reserve] = staged
  if (!reserve || (active && staged.length < rules.reserves)) return { step: 'stage', algorithm, at: now }
  const { kid } = reserve
  const emergency = !active && !isNew
  const allowedAt = maySignFrom(reserve, rules, emergency)
  if (!active) return { step: 'activate', algorithm, kid, emergency, at: allowedAt }
  if (rules.rotateEvery === null) return undefined
  return { step: 'activate', algorithm, kid, emergency, at: Math.max(allowedAt, activation(active) + rules.rotateEvery) }
}

function endOf({ state, kid, algorithm, retain_until }: KeyRow): KeyStep[] {
  if (state !== 'retiring' || retain_until === null) return []
  return [{ step: 'retire', algorithm: algorithm as SigningAlgorithmName, kid, at: retain_until }]
}

/**
 * The keys of the own algorithm that the realm had before. They stay active for `publishBefore`: until then an operator who takes the change
 * of the configuration back goes on with them at once, and a node that has not got the new configuration yet signs with them.
 */
function unusedKeys({ live }: RealmKeyRows, own: string, used: ReadonlySet<string>, { publishBefore, spread }: KeyRules): KeyStep[] {
  const signing = findActive(live, own)
  if (!signing) return []
  return live
    .filter((row) => isUnused(row, used))
    .map((row) => {
      const at = Math.max(activation(signing), activation(row)) + publishBefore + spread
      return { step: 'retire', algorithm: row.algorithm as SigningAlgorithmName, kid: row.kid, at }
    })
}

function isUnused({ state, further, algorithm }: KeyRow, used: ReadonlySet<string>): boolean {
  return state === 'active' && !further && !used.has(algorithm)
}

const overdueMs = 7 * 86_400_000
const oldWithoutRotationMs = 400 * 86_400_000

/** Whether an active key should have been replaced long ago. It signs on: without tokens nothing works. */
export function isOverdue(active: KeyRow, { rotateEvery, publishBefore }: KeyRules, now: number): boolean {
  const limit = rotateEvery === null ? oldWithoutRotationMs : rotateEvery + publishBefore + overdueMs
  return now - activation(active) > limit
}
