// Where a replacement of a secret stands, as four steps. All of it but the secret on the screen comes from the server, so the page can be
// left at any time.
import { isNewInUse, type Place, type Rotation } from '../shared/rotation-verdict.ts'
import type { Session } from '../shared/session.ts'

export type StepState = 'done' | 'here' | 'later'
const stepNames = ['make', 'save', 'spread', 'end'] as const
export type StepName = (typeof stepNames)[number]

export interface WizardFacts {
  readonly rotation: Rotation
  /** The page shows the new secret just now. */
  readonly isSecretShown: boolean
  /** The reader has said so, on this page. */
  readonly isSaved: boolean
  /** The old secret was ended on this page. */
  readonly isEnded: boolean
}

export function stepsOf({ rotation, isSecretShown, isSaved, isEnded }: WizardFacts, nowMs: number): Readonly<Record<StepName, StepState>> {
  const at = here(rotation, isSecretShown, isEnded, nowMs)
  // Nothing shows that it was saved before it is used, and this page may have been left without it.
  const isOpen = (name: StepName) => name === 'save' && rotation.state === 'issued' && !isSaved
  const stateOf = (name: StepName, index: number): StepState =>
    index === at || (index < at && isOpen(name)) ? 'here' : index < at ? 'done' : 'later'
  return Object.fromEntries(stepNames.map((name, index) => [name, stateOf(name, index)])) as Record<StepName, StepState>
}

/** The index of the step; 4 if all are done. */
function here(rotation: Rotation, isSecretShown: boolean, isEnded: boolean, nowMs: number): number {
  if (rotation.state === 'stable') return isEnded ? 4 : 0
  if (isSecretShown) return 1
  return canEnd(rotation, nowMs) ? 3 : 2
}

function canEnd({ state, confirmableAt }: Rotation, nowMs: number): boolean {
  return state === 'overlapping' && (confirmableAt === null || Date.parse(confirmableAt) <= nowMs)
}

/** Why the new secret cannot be taken back; undefined if it can. */
export function reasonAgainstCancel(
  rotation: Rotation & { readonly startedBy?: 'client' | 'operator' | null },
  nowMs: number,
): string | undefined {
  if (rotation.startedBy === 'operator') return 'The provider began this replacement: only the provider can take it back.'
  if (isNewInUse(rotation, nowMs)) return 'The new secret is in use. Save it from where it is used.'
  return undefined
}

/** The secret that the session of a client stands on ends with the old one, unless the new one is proven first. */
export function needsProof({ secrets }: Rotation, session: Pick<Session, 'kind' | 'secretId'>): boolean {
  if (session.kind === 'person') return false
  return session.secretId === undefined || session.secretId === secrets[1]?.id
}

export interface PlaceLine {
  readonly tone: 'ok' | 'warn' | 'off'
  readonly words: string
  readonly at: string | null
}

/** What is said of an address, and since when. */
export function describePlace({ standing, oldLastAt, newLastAt }: Place): PlaceLine {
  switch (standing) {
    case 'moved':
    case 'new':
    case 'both':
      return { tone: standing === 'both' ? 'warn' : 'ok', words: 'has the new secret', at: newLastAt }
    case 'old':
      return { tone: 'warn', words: 'still asks with the old secret', at: oldLastAt }
    case 'silent':
      return { tone: 'off', words: 'asked with the old secret, and not since', at: oldLastAt }
  }
}
