// What an integrator has to do, the most urgent first: the first one is the callout of the home page. Pure functions of what the pages read.
import type { OperationOutput } from '@countersign/admin'
import { describeAge, describeMoment, describeSpan } from '../shared/describe-time.ts'
import { isUrgent, cutsOffOf, type Rotation } from '../shared/rotation-verdict.ts'

export interface Task {
  readonly tone: 'ok' | 'go' | 'warn' | 'bad'
  /** What is so. */
  readonly title: string
  /** What follows, and what to do. */
  readonly words: string
  /** The page with the step; none where only the provider can change it. */
  readonly step?: { readonly to: string; readonly label: string }
}

export interface TaskFacts {
  readonly organization: Pick<OperationOutput<'organizations.get'>, 'status' | 'dpa'>
  readonly client: Pick<OperationOutput<'clients.get'>, 'enabled' | 'serviceAccountEnabled' | 'secrets'>
  readonly rotation: Rotation
  readonly versions: readonly Pick<OperationOutput<'dpa.versions'>['items'][number], 'version' | 'requiredFrom'>[]
  /** Of the last 24 hours. */
  readonly refused: number
  /** The last authentication of the client. */
  readonly lastTokenAt: string | null
}

export interface TaskPlaces {
  /** The page of the client. */
  readonly client: string
}

const dayMs = 86_400_000
const agreementNoticeMs = 60 * dayMs

/** @param timeZone `UTC`, or undefined for that of the browser */
export function tasksOf(facts: TaskFacts, places: TaskPlaces, nowMs: number, timeZone?: string): Task[] {
  const found = [
    ...ofOrganization(facts),
    ...ofClient(facts, places, nowMs),
    ...ofRotation(facts, places, nowMs),
    ...ofNextAgreement(facts, nowMs, timeZone),
    ...ofCalls(facts),
  ]
  const rank = { bad: 0, warn: 1, go: 2, ok: 3 } as const
  return found.toSorted((one, other) => rank[one.tone] - rank[other.tone])
}

function ofOrganization({ organization: { status, dpa } }: TaskFacts): Task[] {
  if (status === 'suspended')
    return [
      {
        tone: 'bad',
        title: 'Your organization is suspended.',
        words: 'Every call is refused, and there are no new tokens. Only the provider can resume it: ask there.',
      },
    ]
  if (dpa.status !== 'missing' && dpa.status !== 'outdated') return []
  const accepted = dpa.acceptedVersion === null ? 'It was never accepted' : `You accepted ${dpa.acceptedVersion}`
  return [
    {
      tone: 'bad',
      title: `The agreement ${dpa.requiredVersion ?? ''} is required.`,
      words: `${accepted}: until you accept the one that is required, every call is refused. Tokens are issued all the same.`,
      step: { to: '/agreement', label: 'Look at the agreement' },
    },
  ]
}

function ofClient(
  { client: { enabled, serviceAccountEnabled, secrets }, lastTokenAt }: TaskFacts,
  places: TaskPlaces,
  nowMs: number,
): Task[] {
  if (!enabled || !serviceAccountEnabled)
    return [
      {
        tone: 'bad',
        title: 'This client is disabled.',
        words: 'It gets no tokens, and the tokens that it has are refused. Only the provider can enable it: ask there.',
      },
    ]
  const [secret, ...others] = secrets
  const endsIn = secret?.expiresAt ? Date.parse(secret.expiresAt) - nowMs : Infinity
  if (others.length === 0 && endsIn < 14 * dayMs)
    return [
      {
        tone: endsIn < 3 * dayMs ? 'bad' : 'warn',
        title: `Your only secret ends in ${describeSpan(endsIn)}.`,
        words: 'Then there are no tokens. Replace it before, without an outage.',
        step: { to: `${places.client}/rotate`, label: 'Replace the secret' },
      },
    ]
  if (lastTokenAt !== null) {
    if (nowMs - Date.parse(lastTokenAt) < dayMs) return []
    return [
      {
        tone: 'warn',
        title: `No token was requested for ${describeAge(nowMs - Date.parse(lastTokenAt))}.`,
        words: 'If your backend runs, look into its log: it does not reach the token endpoint, or does not ask.',
        step: { to: '/try', label: 'Try it' },
      },
    ]
  }
  return [
    {
      tone: 'go',
      title: 'No token was requested yet.',
      words: 'Get the first one on the page “Try it”, which has the same request in seven languages.',
      step: { to: '/try', label: 'Try it' },
    },
  ]
}

function ofRotation({ rotation }: TaskFacts, places: TaskPlaces, nowMs: number): Task[] {
  const step = { to: `${places.client}/rotate`, label: 'Go on with the replacement' }
  if (rotation.state === 'stable') {
    if (!rotation.due.isDue || rotation.secrets.length === 0) return []
    return [
      {
        tone: 'warn',
        title: 'It is time to replace the secret.',
        words: 'The longer a secret is used, the more places have a copy of it. It takes four steps, and nothing stops meanwhile.',
        step: { ...step, label: 'Replace the secret' },
      },
    ]
  }
  const cutsOff = cutsOffOf(rotation, nowMs)
  const left = rotation.windowEndsAt === null ? '' : describeSpan(Date.parse(rotation.windowEndsAt) - nowMs)
  if (cutsOff === null)
    return [
      {
        tone: 'go',
        title: 'You can end the old secret now.',
        words: 'It is not used any more.',
        step: { ...step, label: 'Review and end it' },
      },
    ]
  if (isUrgent(rotation, cutsOff, nowMs))
    return [
      {
        tone: 'bad',
        title: `The old secret ends in ${left}, and is still needed.`,
        words:
          cutsOff === 'new-unused'
            ? 'The new secret was never used. What has only the old one gets no tokens then.'
            : 'What has only the old one gets no tokens then. The page of the replacement has the addresses.',
        step,
      },
    ]
  return [
    {
      tone: 'go',
      title: 'A replacement of the secret is in progress.',
      words: `${cutsOff === 'new-unused' ? 'The new secret was not used yet' : 'The old secret is still in use'}. The old one ends by itself in ${left}.`,
      step,
    },
  ]
}

/** The next version that becomes required, if the accepted one is lower. Versions are listed with the highest first. */
function ofNextAgreement({ organization: { dpa }, versions }: TaskFacts, nowMs: number, timeZone: string | undefined): Task[] {
  if (dpa.status === 'missing' || dpa.status === 'outdated') return []
  const accepted = versions.findIndex(({ version }) => version === dpa.acceptedVersion)
  const higher = accepted === -1 ? versions : versions.slice(0, accepted)
  const next = higher.findLast(({ requiredFrom }) => requiredFrom !== null && Date.parse(requiredFrom) > nowMs)
  if (!next?.requiredFrom) return []
  const from = Date.parse(next.requiredFrom)
  if (from - nowMs > agreementNoticeMs) return []
  return [
    {
      tone: 'warn',
      title: `Accept the agreement ${next.version} before ${describeMoment(next.requiredFrom, nowMs, timeZone)}.`,
      words: `It becomes required in ${describeSpan(from - nowMs)}. Calls are refused from then on without it.`,
      step: { to: '/agreement', label: 'Look at the agreement' },
    },
  ]
}

function ofCalls({ refused }: TaskFacts): Task[] {
  if (refused === 0) return []
  return [
    {
      tone: 'warn',
      title:
        refused === 1
          ? 'One request was refused in the last 24 hours.'
          : `${refused.toLocaleString('en')} requests were refused in the last 24 hours.`,
      words: 'Each has its reason, and who can change it.',
      step: { to: '/refusals', label: 'Why?' },
    },
  ]
}
