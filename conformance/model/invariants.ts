// What must hold in every run, as one table: each invariant is a sentence and a function of one step and of the facts before it. The model
// (protocol.ts) and the replay of recorded runs (replay.ts) both ask these functions; they differ only in how they know the facts.
import type { AcceptanceBounds, Bounds, DecidedStep, Interval, IssuedStep, Place, Step, Subject } from './steps.ts'

/** A time in which something had ended. Without a new beginning, `begun` is infinite. */
export interface End {
  readonly ended: Interval
  readonly begun: Interval
}

export interface KeyFacts {
  /** When it was staged; undefined if that was before the run, or verifiers knew it before. */
  readonly staged: Interval | undefined
  readonly isEmergency: boolean
}

export interface Facts {
  readonly bounds: Bounds
  endsOf(subject: Subject): readonly End[]
  key(kid: string): KeyFacts
  token(name: string): IssuedStep | undefined
  /** Each key with a token that was given out before and has not expired after. */
  keysInUse(at: Interval): Iterable<{ readonly key: string; readonly token: string }>
  /** The secrets of a client that may be in force then. */
  secretsOf(client: string, at: Interval): readonly Subject[]
  /** When the place was cut off, if it still was at the end of the interval. */
  cutOffSince(place: Place, at: Interval): Interval | undefined
  /** Whether the place was cut off at some time in it, or so shortly before that it may not have caught up. */
  wasCutOff(place: Place, interval: Interval): boolean
  /** The highest revision of this history that the place named in a response that was read before the instant. */
  seenBefore(place: Place, history: string | undefined, instant: number): number | undefined
}

export interface Invariant {
  readonly sentence: string
  /** What is wrong; undefined if nothing is. */
  readonly check: (step: Step, facts: Facts) => string | undefined
}

export const never: Interval = { from: Infinity, to: Infinity }

export const invariants = {
  ended: {
    sentence: 'Nothing is accepted later than its bound after its end was acknowledged: no secret, client, token or right.',
    check: (step, facts) => {
      const use = useOf(step, facts)
      return use && firstProblem(use.rests, (subject) => (subject.startsWith('key:') ? undefined : tooLate(subject, use, facts)))
    },
  },
  compromised: {
    sentence: 'A compromised key never signs again, and no guard accepts its tokens beyond its bound.',
    check: (step, facts) => {
      const use = useOf(step, facts)
      return use && firstProblem(use.rests, (subject) => (subject.startsWith('key:') ? tooLate(subject, use, facts) : undefined))
    },
  },
  cutOff: {
    sentence: 'A node or guard that is cut off accepts nothing after its bound.',
    check: (step, facts) => {
      const use = useOf(step, facts)
      const cut = use && facts.cutOffSince(use.by, use)
      if (!cut || use.from - cut.to <= boundsOf(use.by, facts).cutOff) return undefined
      return `${use.by} accepted ${use.rests.join(', ')} ${use.from - cut.to} after it was cut off`
    },
  },
  lastSecret: {
    sentence: 'A client never loses its last secret but by a revocation.',
    check: (step, facts) => {
      if (step.step !== 'ended' || step.why === 'revoked' || step.client === undefined) return undefined
      const others = facts.secretsOf(step.client, step).filter((secret) => secret !== step.subject)
      return others.length > 0 ? undefined : `${step.subject} was the last secret of ${step.client}`
    },
  },
  published: {
    sentence: 'No token is good whose key a live node does not publish, from before it is signed until it has ended.',
    check: (step, facts) => {
      if (step.step !== 'published') return undefined
      for (const { key, token } of facts.keysInUse(step)) {
        if (!step.keys.includes(key) && !mayHaveEnded(`key:${key}`, step, facts, step.by))
          return `${step.by} does not publish ${key} of ${token}`
      }
      return undefined
    },
  },
  publishedBefore: {
    sentence: 'No key signs that was not published before for as long as promised.',
    check: (step, { bounds, key }) => {
      if (step.step !== 'issued') return undefined
      const { staged, isEmergency } = key(step.key)
      const promised = isEmergency ? bounds.publishBeforeInEmergency : bounds.publishBefore
      if (!staged || promised === null) return undefined
      const published = step.to - staged.from
      return published >= promised ? undefined : `${step.key} signed after it was published for ${published} of ${promised}`
    },
  },
  revisions: {
    sentence: 'No node, guard or feed goes back in revisions.',
    check: (step, facts) => {
      if (step.step !== 'seen') return undefined
      const before = facts.seenBefore(step.by, step.history, step.from)
      return before === undefined || before <= step.revision ? undefined : `${step.by} went from ${before} back to ${step.revision}`
    },
  },
  goodRefused: {
    sentence: 'Neither a rotation nor a retirement makes a good credential or token be refused.',
    check: (step, facts) => {
      if (step.step === 'denied') {
        const isGood = !step.rests.some((subject) => mayHaveEnded(subject, step, facts, step.by))
        return isGood ? `${step.by} denied ${step.rests.join(', ')}` : undefined
      }
      if (step.step !== 'decided' || step.outcome !== 'refused') return undefined
      const token = facts.token(step.token)
      if (!token || token.expiresAt < step.to || facts.key(token.key).isEmergency) return undefined
      const isGood = ![...demandedBy(step, token), ...token.rests].some((subject) => mayHaveEnded(subject, step, facts, step.by, token))
      return isGood ? `${step.by} refused ${step.token} (key ${token.key}): ${step.why ?? 'no reason'}` : undefined
    },
  },
} as const satisfies Readonly<Record<string, Invariant>>

export type InvariantName = keyof typeof invariants

const table = Object.entries(invariants) as readonly (readonly [InvariantName, Invariant])[]

/** The first invariant that the step violates. */
export function judge(step: Step, facts: Facts): { readonly invariant: InvariantName; readonly what: string } | undefined {
  for (const [invariant, { check }] of table) {
    const what = check(step, facts)
    if (what !== undefined) return { invariant, what }
  }
  return undefined
}

/** Something was accepted: all that it rests on must have been in force. */
interface Use extends Interval {
  readonly by: Place
  readonly rests: readonly Subject[]
  readonly token: IssuedStep | undefined
}

function useOf(step: Step, facts: Facts): Use | undefined {
  if (step.step === 'issued') return { ...step, rests: [`key:${step.key}`, ...step.rests], token: undefined }
  if (step.step !== 'decided' || step.outcome !== 'accepted') return undefined
  const token = facts.token(step.token)
  return token && { by: step.by, from: step.from, to: step.to, rests: demandedBy(step, token), token }
}

/** A token outlives the secret that it was issued by, and not every route demands that its organization is active. */
function demandedBy(step: DecidedStep, token: IssuedStep): readonly Subject[] {
  const ofToken = token.rests.filter((subject) => subject.startsWith('client:') || subject.startsWith('cut:'))
  return [`token:${step.token}`, `key:${token.key}`, ...ofToken, ...(step.rests ?? [])]
}

function firstProblem(subjects: readonly Subject[], problemOf: (subject: Subject) => string | undefined): string | undefined {
  for (const subject of subjects) {
    const problem = problemOf(subject)
    if (problem !== undefined) return problem
  }
  return undefined
}

function boundsOf(place: Place, { bounds }: Facts): AcceptanceBounds {
  return place.startsWith('guard:') ? bounds.guard : bounds.node
}

function tooLate(subject: Subject, use: Use, facts: Facts): string | undefined {
  const { connected, cutOff } = boundsOf(use.by, facts)
  for (const { ended, begun } of facts.endsOf(subject)) {
    if (subject.startsWith('cut:') && !(use.token && use.token.to < ended.from)) continue
    const after = use.from - ended.to
    if (after <= (connected ?? cutOff) || begun.from <= use.to) continue
    if (after > cutOff || !facts.wasCutOff(use.by, use)) return `${use.by} accepted ${subject} ${after} after its end was acknowledged`
  }
  return undefined
}

/** Whether a place may rightly have thought that it had ended. After a new beginning it may think so for a while. */
function mayHaveEnded(subject: Subject, at: Interval, facts: Facts, by: Place, token?: IssuedStep): boolean {
  return facts.endsOf(subject).some(({ ended, begun }) => {
    if (subject.startsWith('cut:') && !(token && token.from <= ended.to)) return false
    return ended.from <= at.to && at.from <= begun.to + patienceOf(by, at, facts)
  })
}

function patienceOf(by: Place, at: Interval, facts: Facts): number {
  const { connected, cutOff } = boundsOf(by, facts)
  return connected === null || facts.wasCutOff(by, at) ? cutOff : connected
}
