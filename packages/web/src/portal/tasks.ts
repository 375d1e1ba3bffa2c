// What an integrator has to do, the most urgent first: the first one is the callout of the home page. Pure functions of what the pages read.
import type { OperationOutput } from '@countersign/admin'
import { countOf } from '../shared/count.ts'
import { describeMoment, describeSpan } from '../shared/describe-time.ts'
import { tasksOfClient, type Task, type TaskClient } from './client-tasks.ts'
import { nextAgreement } from './next-agreement.ts'
import { canMakeClient, type AccessRequest } from './requests.ts'

export interface TaskFacts {
  readonly organization: Pick<OperationOutput<'organizations.get'>, 'status' | 'dpa'>
  readonly clients: readonly TaskClient[]
  readonly versions: readonly Pick<OperationOutput<'dpa.versions'>['items'][number], 'version' | 'requiredFrom'>[]
  readonly requests: readonly Pick<AccessRequest, 'id' | 'kind' | 'what' | 'state'>[]
  /** Of the last 24 hours. */
  readonly refused: number
  /** Whether who has signed in can accept the agreement. */
  readonly mayAccept: boolean
}

const agreementNoticeMs = 60 * 86_400_000

/** @param timeZone `UTC`, or undefined for that of the browser */
export function tasksOf(facts: TaskFacts, nowMs: number, timeZone?: string): Task[] {
  const isOne = facts.clients.length === 1
  const found = [
    ...ofStatus(facts),
    ...ofAgreement(facts, nowMs, timeZone),
    ...ofRequests(facts),
    ...facts.clients.flatMap((client) => tasksOfClient(client, nowMs).map((task) => (isOne ? task : naming(client.name, task)))),
    ...ofCalls(facts),
  ]
  const rank = { bad: 0, warn: 1, go: 2, ok: 3 } as const
  return found.toSorted((one, other) => rank[one.tone] - rank[other.tone])
}

function naming(name: string, task: Task): Task {
  return { ...task, title: `${name}: ${task.title.charAt(0).toLowerCase()}${task.title.slice(1)}` }
}

function ofStatus({ organization: { status } }: TaskFacts): Task[] {
  if (status !== 'suspended') return []
  return [
    {
      tone: 'bad',
      title: 'Your organization is suspended.',
      words: 'Every call is refused, and there are no new tokens. Only the provider can resume it: ask there.',
    },
  ]
}

function ofAgreement({ organization: { dpa }, versions, mayAccept }: TaskFacts, nowMs: number, timeZone: string | undefined): Task[] {
  const next = nextAgreement(dpa, versions, nowMs)
  if (!next) return []
  const step = { to: '/agreement', label: mayAccept ? 'Read and accept' : 'Look at the agreement' }
  if (next.requiredFrom === null) {
    const accepted = dpa.acceptedVersion === null ? 'It was never accepted' : `You accepted ${dpa.acceptedVersion}`
    return [
      {
        tone: 'bad',
        title: mayAccept ? `Accept the agreement ${next.version}: it is required.` : `The agreement ${next.version} is required.`,
        words: `${accepted}. Every call is refused until the required one is accepted. Tokens are issued all the same.`,
        step,
      },
    ]
  }
  const left = Date.parse(next.requiredFrom) - nowMs
  if (left > agreementNoticeMs) return []
  return [
    {
      tone: 'warn',
      title: `Accept the agreement ${next.version} before ${describeMoment(next.requiredFrom, nowMs, timeZone)}.`,
      words: `It becomes required in ${describeSpan(left)}. Calls are refused from then on without it.`,
      step,
    },
  ]
}

function ofRequests({ requests }: TaskFacts): Task[] {
  return requests.filter(canMakeClient).map(({ id, what }) => ({
    tone: 'go',
    title: `Your client “${what}” is approved.`,
    words: 'Make it to get its client id and its secret.',
    step: { to: `/requests?make=${id}`, label: 'Make the client' },
  }))
}

function ofCalls({ refused }: TaskFacts): Task[] {
  if (refused === 0) return []
  return [
    {
      tone: 'warn',
      title: `${countOf(refused, 'request was', 'requests were')} refused in the last 24 hours.`,
      words: 'Each has its reason, and who can change it.',
      step: { to: '/refusals', label: 'Why?' },
    },
  ]
}
