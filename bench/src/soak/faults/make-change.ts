// One change with an Idempotency-Key, repeated at any node until there is a definite answer. Sometimes the answer is treated as lost.
import { randomUUID } from 'node:crypto'
import { AdminRequestError, createAdminClient, type OperationInput, type OperationName, type OperationOutput } from '@countersign/admin'
import type { ServedNode } from '../served-nodes.ts'
import type { Change, Journal } from './journal.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'

/** Longer than the server waits for its database, shorter than any fault that is healed. */
const patienceMs = 15_000
const shareOfLostAnswers = 0.1

export type MakeChange = <Name extends OperationName>(
  subject: { readonly slug: string; readonly isDoubtful: boolean },
  name: Name,
  input: OperationInput<Name>,
  effects: Change['effects'],
) => Promise<{ readonly change: Change; readonly answer: OperationOutput<Name> | undefined }>

/** The answer is undefined if the change was refused for good. */
export function createChangeMaker(nodes: readonly ServedNode[], journal: Journal, random: Random): MakeChange {
  let count = 0
  const ofThisRun = randomUUID().slice(0, 8)

  return async ({ slug, isDoubtful }, name, input, effects) => {
    const change: Change = { id: `${ofThisRun}-${++count}`, subject: slug, kind: name, effects, sentAt: performance.now() }
    if (isDoubtful) change.followsLoss = true
    journal.changes.push(change)
    const idempotencyKey = randomUUID()
    const isEdit = name === 'clients.update'
    const losesAnswer = random.next() < shareOfLostAnswers
    for (let attempt = 1; ; attempt++) {
      const number = Math.floor(random.next() * nodes.length)
      const sentAt = performance.now()
      try {
        const admin = createAdminClient({ serverUrl: nodes[number]!.url, fetch: fetchAs(nodes[number]!, change.id) })
        const answer = await admin.call(name, input, { idempotencyKey, ...(isEdit && { ifMatch: '*' }) })
        if (losesAnswer && attempt === 1) continue
        change.acknowledgedAt = performance.now()
        return { change, answer }
      } catch (error) {
        if (error instanceof AdminRequestError && error.status < 500 && error.status !== 429) {
          if (error.status !== 401) {
            change.refusal = `${error.status} ${error.message}`
            return { change, answer: undefined }
          }
          // The operator is a known client.
          const answer = `401 ${error.message}`
          const call = { place: `node ${number}`, what: `${name} by the operator`, needs: [], sentAt, answeredAt: performance.now() }
          journal.calls.push({ ...call, outcome: 'refused', answer })
        }
        await pause(200)
      }
    }
  }
}

function fetchAs(node: ServedNode, requestId: string): typeof fetch {
  return (input, init) => {
    const headers = { ...(init?.headers as Record<string, string>), 'x-request-id': requestId }
    return node.fetchAsOperator(input, { ...init, headers, signal: AbortSignal.timeout(patienceMs) })
  }
}
