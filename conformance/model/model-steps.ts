// What a step of the model, and a state, show to the outside: the same steps that a run of the product records.
import type { ClientStep } from './client-moves.ts'
import type { FeedStep } from './feed-moves.ts'
import { isServing, viewOf, type Step as Move } from './node-moves.ts'
import { issuedStep, names } from './model-facts.ts'
import { absent, known, times, type Context, type State, type Token } from './state.ts'
import type { DecidedStep, Step } from './steps.ts'
import { publishes } from './time.ts'
import type { TokenStep } from './token-moves.ts'

export type ModelStep = Move & Partial<ClientStep & FeedStep & TokenStep>

const now = { from: 0, to: 0 } as const

export function stepsOf({ issued, ended, seen, decided }: ModelStep): Step[] {
  const steps: Step[] = []
  if (issued) steps.push(issuedStep(issued))
  if (ended) {
    const { client, secret, why } = ended
    steps.push({ step: 'ended', subject: names.secret(client, secret), client: names.client(client), why, ...now })
  }
  if (seen) steps.push({ step: 'seen', by: `guard:${seen.guard}`, revision: seen.revision, ...now })
  if (decided) steps.push(decidedBy(decided.guard, isGood(decided.document)))
  return steps
}

/** What would be seen if everything was asked now. */
export function* stepsIn(state: State, context: Context): Generator<Step> {
  const { nodes, guards, token } = state
  for (const [index, node] of nodes.entries()) {
    const keys = node.keys.flatMap((key, number) => (publishes(key) ? names.key(number) : []))
    const isPublishing = isServing(node, context) || (node.isRunning && !context.rules.hidesOldKeys)
    if (isPublishing) yield { step: 'published', by: `node:${index}`, keys, ...now }
    if (isServing(node, context) && !context.rules.asksStore) yield* denials(state, index)
  }
  if (token?.phase !== 'signed') return
  if (token.client === 0) yield* decisions(state, token, context)
  // A verifier whose key set is as old as it may be.
  if (state.keys[token.key]!.everywhere <= times.heldBack) yield { ...decidedBy(guards.length, false), why: 'the key is not known' }
}

function* decisions({ guards }: State, token: Token, { rules }: Context): Generator<DecidedStep> {
  for (const [index, { age, document, gone }] of guards.entries()) {
    if (age > times.guardBound && rules.checksAge) continue
    if (gone & (1 << token.key)) yield decidedBy(index, false)
    else if (document !== absent) yield decidedBy(index, isGood(document))
  }
}

/** Only by a node that denies by what it remembers. */
function* denials(state: State, node: number): Generator<Step> {
  for (const [client, stored] of state.clients.entries()) {
    const view = state.nodes[node]!.cache[client]!
    for (const [secret, bit] of known.secret.entries()) {
      if (view === absent || !(viewOf(stored) & bit) || view & bit) continue
      yield { step: 'denied', by: `node:${node}`, rests: [`client:${names.client(client)}`, names.secret(client, secret)], ...now }
    }
  }
}

function isGood(document: number): boolean {
  return (document & known.enabled) !== 0 && (document & known.token) !== 0
}

function decidedBy(guard: number, isAccepted: boolean): DecidedStep {
  return { step: 'decided', by: `guard:${guard}`, token: names.token, outcome: isAccepted ? 'accepted' : 'refused', ...now }
}
