// How guards learn: over a stream of events, by asking, and by reading the document of a client. Everything that is under way may arrive
// late, or not at all, and a guard may go to a node that is behind the one before.
import { isServing, readClient, type Step } from './node-moves.ts'
import { namedKey } from './key-moves.ts'
import { absent, known, newGuard, old, times, withAt, type Context, type Guard, type Message, type State } from './state.ts'

export interface FeedStep extends Step {
  /** The guard named a revision. */
  readonly seen?: { readonly guard: number; readonly revision: number }
  /** The guard decided by a document that it may not remember. */
  readonly decided?: { readonly guard: number; readonly document: number }
}

export function* feedMoves(state: State, context: Context): Generator<FeedStep> {
  for (const [index, guard] of state.guards.entries()) {
    yield { name: `guard ${index} starts anew`, to: withGuard(state, index, newGuard(context.scope)) }
    for (const [node, each] of state.nodes.entries()) {
      // A node that is behind the cursor of a guard reads the log first.
      if (!isServing(each, context)) continue
      if (guard.place === absent || guard.place <= each.applied) yield* contacts(state, index, node, context)
      if (guard.document === absent && !guard.lookup && guard.age <= times.guardBound) yield lookUp(state, index, node, context)
    }
    if (guard.stream) yield* streamMoves(state, index, guard.stream, context)
    if (guard.answer) yield arrive(withGuard(state, index, { answer: null }), index, guard.answer)
    if (guard.lookup) yield arrivingDocument(state, index, guard.lookup, context)
  }

  function arrive(to: State, index: number, answer: Message): FeedStep {
    const asked = { ...answer, age: answer.age + answer.underWay }
    return receive(to, index, asked, `the answer arrives at guard ${index}`, context)
  }
}

function withGuard(state: State, index: number, changed: Partial<Guard>): State {
  return { ...state, guards: withAt(state.guards, index, { ...state.guards[index]!, ...changed }) }
}

function* contacts(state: State, index: number, node: number, context: Context): Generator<FeedStep> {
  const { delayed } = context.scope
  const { stream, answer, place } = state.guards[index]!
  const { applied } = state.nodes[node]!
  const message = compose(state, node, place)
  if (!delayed.includes('answer')) yield receive(state, index, message, `guard ${index} asks node ${node}`, context)
  else if (!answer) yield { name: `guard ${index} asks node ${node}`, to: withGuard(state, index, { answer: message }) }
  if (!delayed.includes('stream') || stream) return
  const event = context.rules.sendsCursor || place === absent ? message : compose(state, node, applied)
  yield { name: `guard ${index} connects to node ${node}`, to: withGuard(state, index, { stream: { node, sent: applied, event } }) }
}

function* streamMoves(state: State, index: number, stream: NonNullable<Guard['stream']>, context: Context): Generator<FeedStep> {
  const { node, sent, event } = stream
  yield { name: `the stream of guard ${index} is cut`, to: withGuard(state, index, { stream: null }) }
  if (event)
    yield receive(
      withGuard(state, index, { stream: { ...stream, event: null } }),
      index,
      event,
      `an event arrives at guard ${index}`,
      context,
    )
  else if (isServing(state.nodes[node]!, context))
    yield {
      name: `node ${node} sends an event to guard ${index}`,
      to: withGuard(state, index, { stream: { node, sent: state.nodes[node]!.applied, event: compose(state, node, sent) } }),
    }
}

/** What a node tells a guard of the changes after a place. */
function compose({ nodes, log }: State, node: number, from: number): Message {
  const { applied: to, lease: age, keys } = nodes[node]!
  const message = { to, age, underWay: 0 }
  let gone = 0
  keys.forEach((state, key) => (gone |= state === 'compromised' ? 1 << key : 0))
  if (from === absent) return { ...message, forgets: 'all', gone }
  let forgets: Message['forgets'] = 'nothing'
  gone = 0
  for (const change of log.slice(from, to)) {
    const key = namedKey(change)
    if (key !== undefined) gone |= 1 << key
    if (change.client === 0) forgets = 'followed'
    else if (change.client !== undefined && forgets === 'nothing') forgets = 'other'
  }
  return { ...message, forgets, gone }
}

/** The guard forgets what the changes name; everything, if they are not known. */
function receive(state: State, index: number, { to, age, forgets, gone }: Message, name: string, { rules, scope }: Context): FeedStep {
  const guard = state.guards[index]!
  if (rules.dropsOlder && to < guard.place) return { name: `${name} and is dropped`, to: state }
  const isForgotten = scope.changes.length > 0 && (forgets === 'all' || forgets === (rules.forgetsNamed ? 'followed' : 'other'))
  const learned = {
    place: to,
    age: rules.countsServerAge ? age : 0,
    document: isForgotten ? absent : guard.document,
    gone: forgets === 'all' ? (rules.readsKeysAnew ? gone : guard.gone) : guard.gone | (rules.namesKeys ? gone : 0),
  }
  return { name, to: withGuard(state, index, learned), seen: { guard: index, revision: to } }
}

function lookUp(state: State, index: number, node: number, context: Context): FeedStep {
  const { state: after, view } = readClient(state, node, 0)
  const lookup = { revision: state.nodes[node]!.applied, value: view & (known.enabled | known.token), underWay: 0 }
  if (!context.scope.delayed.includes('document')) return arrivingDocument(after, index, lookup, context)
  return { name: `guard ${index} asks node ${node} about client 0`, to: withGuard(after, index, { lookup }) }
}

/** It decides once in any case. */
function arrivingDocument(state: State, index: number, lookup: NonNullable<Guard['lookup']>, { rules }: Context): FeedStep {
  const { place, age, gone } = state.guards[index]!
  const isCurrent = (lookup.revision !== old && lookup.revision >= place) || !rules.learnsCurrent
  const to = withGuard(state, index, { lookup: null, ...(isCurrent && { document: lookup.value }) })
  const isDeciding = age <= times.guardBound && !(gone & (1 << (state.token?.key ?? 31)))
  return { name: `the document arrives at guard ${index}`, to, ...(isDeciding && { decided: { guard: index, document: lookup.value } }) }
}
