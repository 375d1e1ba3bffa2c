// The life of a signing key: what was, what is, and what comes, in words of the page.
import type { OperationOutput } from '@countersign/admin'

export type SigningKey = OperationOutput<'signingKeys.list'>['items'][number]

/** A state with the instant at which it begins or began; null if that is not known yet. */
export interface LifeState {
  readonly name: string
  readonly at: string | null
}

export interface Life {
  readonly states: readonly LifeState[]
  /** Which of them is now. */
  readonly current: number
}

export const stateWords: Readonly<Record<SigningKey['state'], string>> = {
  staged: 'published',
  active: 'signs now',
  retiring: 'only verifies',
  retired: 'ended',
  compromised: 'compromised',
}

export function lifeOf(
  key: Pick<SigningKey, 'state' | 'createdAt' | 'publishedAt' | 'activatedAt' | 'stateSince' | 'maySignFrom' | 'keptUntil'>,
): Life {
  const { state, createdAt, publishedAt, activatedAt, stateSince, maySignFrom, keptUntil } = key
  const published = { name: 'published', at: publishedAt ?? createdAt }
  if (state === 'compromised') {
    const states = [
      published,
      ...(activatedAt === null ? [] : [{ name: 'signed', at: activatedAt }]),
      { name: 'compromised', at: stateSince },
    ]
    return { states, current: states.length - 1 }
  }
  const isPast = state === 'retiring' || state === 'retired'
  const states = [
    published,
    { name: isPast ? 'signed' : 'signs', at: state === 'staged' ? maySignFrom : activatedAt },
    { name: 'only verifies', at: state === 'retiring' ? stateSince : null },
    { name: 'ended', at: state === 'retired' ? stateSince : state === 'retiring' ? keptUntil : null },
  ]
  return { states, current: ['staged', 'active', 'retiring', 'retired'].indexOf(state) }
}

const order: readonly SigningKey['state'][] = ['active', 'staged', 'retiring', 'retired', 'compromised']

/** What signs first, then what comes, then what goes. */
export function sortKeys(keys: readonly SigningKey[]): SigningKey[] {
  return keys.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || Number(b.reserve) - Number(a.reserve))
}

/** The key that signs from the next request on if this one is compromised, or from when on another one may. */
export function successorOf(
  key: SigningKey,
  keys: readonly SigningKey[],
): { readonly keyId: string; readonly from: string | null } | undefined {
  const staged = keys.filter(({ state, algorithm }) => state === 'staged' && algorithm === key.algorithm)
  const [first] = staged.toSorted((a, b) => ((a.maySignInEmergencyFrom ?? '') < (b.maySignInEmergencyFrom ?? '') ? -1 : 1))
  return first && { keyId: first.keyId, from: first.maySignInEmergencyFrom }
}
