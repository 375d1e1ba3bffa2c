// The passing of time, and what every step ends with: what cannot matter any more is made equal, so that fewer states differ.
import type { Step } from './node-moves.ts'
import {
  absent,
  old,
  retainFor,
  times,
  withAt,
  type Client,
  type Context,
  type Guard,
  type Key,
  type Message,
  type Node,
  type State,
  type Token,
} from './state.ts'

/** From this age on, ends are equally late. */
const latest = Math.max(times.lease, times.guardBound) + times.patience + 1

const longest = { none: 0, staged: times.publishBefore, active: times.publishBefore, retiring: retainFor, retired: 0, compromised: latest }

function older(age: number, limit: number): number {
  return age === absent ? absent : Math.min(age + 1, limit)
}

export function tick(state: State, context: Context): State {
  return {
    log: state.log,
    keys: state.keys.map((key) => ({
      ...key,
      age: older(key.age, longest[key.state]),
      everywhere: older(key.everywhere, times.heldBack + 1),
    })),
    clients: state.clients.map(olderClient),
    nodes: state.nodes.map((node) => ({ ...node, lease: older(node.lease, times.lease + 1) })),
    guards: state.guards.map((guard) => olderGuard(guard, context)),
    token: state.token && olderToken(state.token, context),
  }
}

function olderClient(client: Client): Client {
  return {
    ...client,
    disabled: older(client.disabled, latest),
    tokenRevoked: older(client.tokenRevoked, latest),
    window: older(client.window, times.window),
    secrets: client.secrets.map((secret) => ({ ...secret, ended: older(secret.ended, latest) })),
  }
}

function olderMessage(message: Message): Message {
  return { ...message, underWay: Math.min(message.underWay + 1, times.patience + 1) }
}

function olderGuard(guard: Guard, { rules }: Context): Guard {
  const { stream, answer, lookup } = guard
  const event = stream?.event ? olderMessage(stream.event) : null
  const isSilent = rules.endsSilentStream && event !== null && event.underWay > times.patience
  return {
    ...guard,
    age: older(guard.age, times.guardBound + 1),
    stream: stream && !isSilent ? { ...stream, event } : null,
    answer: answer && answer.underWay < times.patience ? olderMessage(answer) : null,
    lookup: lookup && lookup.underWay < times.patience ? { ...lookup, underWay: lookup.underWay + 1 } : null,
  }
}

/** A request has a time limit, a token a lifetime; the token that exists from the start has none. */
function olderToken(token: Token, { scope }: Context): Token | null {
  if (!scope.requests) return token
  const limit = token.phase === 'signed' ? times.tokenLifetime : times.patience
  return token.age < limit ? { ...token, age: token.age + 1 } : null
}

/** The nodes remember a limited number of changes: the cursor of a guard that has not asked for long is unknown to them. */
export function* forgetLog(state: State): Generator<Step> {
  for (const [index, guard] of state.guards.entries()) {
    const isBehind = guard.place !== absent && state.nodes.every(({ applied }) => applied > guard.place)
    if (isBehind && !guard.stream && !guard.answer)
      yield {
        name: `the nodes forget the cursor of guard ${index}`,
        to: { ...state, guards: withAt(state.guards, index, { ...guard, place: absent }) },
      }
  }
}

export function settle(state: State, context: Context): State {
  const nodes = mapped(state.nodes, (node, index) => settledNode(node, index, state, context))
  const keys = mapped(state.keys, (key, index) => settledKey(key, index, nodes))
  const guards = mapped(state.guards, settledGuard)
  const isSame = nodes === state.nodes && keys === state.keys && guards === state.guards
  return dropRead(isSame ? state : { ...state, nodes, keys, guards })
}

/** The same array if no item is another: equal parts of states are then written into their keys only once. */
function mapped<Item>(items: readonly Item[], change: (item: Item, index: number) => Item): readonly Item[] {
  const changed = items.map(change)
  return changed.every((item, index) => item === items[index]) ? items : changed
}

/** What a node knows does not matter if it will read everything again before it answers. */
function settledNode(node: Node, index: number, { token, log }: State, { rules }: Context): Node {
  const isAnswering = token !== null && token.phase !== 'signed' && token.node === index
  const willForget = node.lease > times.lease && rules.checksLease && rules.hidesOldKeys && !isAnswering
  if (node.isRunning && !willForget) return node
  if (node.applied === log.length && node.keys[0] === 'none') return node
  return { ...node, applied: log.length, keys: node.keys.map(() => 'none'), cache: node.cache.map(() => absent) }
}

function settledKey(key: Key, index: number, nodes: readonly Node[]): Key {
  if (key.state === 'none' || key.state === 'compromised')
    return key.everywhere === 0 && !key.isEmergency ? key : { ...key, everywhere: 0, isEmergency: false }
  const isMissing = nodes.some(({ isRunning, lease, keys }) => isRunning && lease <= times.lease && !publishes(keys[index]!))
  const everywhere = isMissing ? 0 : key.everywhere
  const isNew = key.age < times.publishBefore || everywhere <= times.heldBack
  const isEmergency = key.isEmergency && isNew && key.state !== 'retired'
  return everywhere === key.everywhere && isEmergency === key.isEmergency ? key : { ...key, everywhere, isEmergency }
}

/** A guard never goes back, so a document that is older than its place stays so. */
function settledGuard(guard: Guard): Guard {
  const { lookup, place } = guard
  return lookup && lookup.revision < place && lookup.revision !== old ? { ...guard, lookup: { ...lookup, revision: old } } : guard
}

export function publishes(state: string): boolean {
  return state === 'staged' || state === 'active' || state === 'retiring'
}

/** Places in the log count from the first change that anything still needs. */
function dropRead(state: State): State {
  let first = state.log.length
  const need = (place: number) => {
    if (place !== absent && place < first) first = place
  }
  for (const { applied } of state.nodes) need(applied)
  for (const { place, stream, answer, lookup } of state.guards) {
    need(place)
    if (stream) need(stream.sent)
    if (stream?.event) need(stream.event.to)
    if (answer) need(answer.to)
    if (lookup && lookup.revision !== old) need(lookup.revision)
  }
  if (state.token?.phase === 'recorded') need(state.token.place)
  return first === 0 ? state : shifted(state, first)
}

function shifted(state: State, by: number): State {
  const move = (place: number) => (place === absent ? absent : place - by)
  const moveMessage = (message: Message | null): Message | null => message && { ...message, to: message.to - by }
  return {
    ...state,
    log: state.log.slice(by),
    nodes: state.nodes.map((node) => ({ ...node, applied: node.applied - by })),
    guards: state.guards.map((guard) => ({
      ...guard,
      place: move(guard.place),
      stream: guard.stream && { ...guard.stream, sent: guard.stream.sent - by, event: moveMessage(guard.stream.event) },
      answer: moveMessage(guard.answer),
      lookup: guard.lookup && { ...guard.lookup, revision: guard.lookup.revision === old ? old : guard.lookup.revision - by },
    })),
    token: state.token?.phase === 'recorded' ? { ...state.token, place: state.token.place - by } : state.token,
  }
}
