// What nodes do: read the log, fall behind, end and start.
import { absent, known, times, withAt, type Change, type Client, type Context, type KeyState, type Node, type State } from './state.ts'

export function isServing({ isRunning, lease }: Node, { rules }: Context): boolean {
  return isRunning && (lease <= times.lease || !rules.checksLease)
}

/** What the store says about a client. */
export function viewOf({ disabled, tokenRevoked, secrets }: Client): number {
  let view = (disabled === absent ? known.enabled : 0) | (tokenRevoked === absent ? known.token : 0)
  secrets.forEach(({ state }, index) => (view |= state === 'live' ? known.secret[index]! : 0))
  return view
}

export function withNode(state: State, node: number, changed: Partial<Node>): State {
  return { ...state, nodes: withAt(state.nodes, node, { ...state.nodes[node]!, ...changed }) }
}

/** Reads the log to its end and forgets what the changes name; everything, if the lease had ended. */
export function pull(state: State, node: number, { rules }: Context): State {
  const { lease, applied, cache, keys } = state.nodes[node]!
  const hasEnded = lease > times.lease && rules.checksLease
  const changes = state.log.slice(applied)
  const isForgotten = (client: number) => hasEnded || changes.some((change) => change.client === client)
  const readsKeys = hasEnded || (rules.reloadsKeys && changes.some((change) => change.client === undefined))
  return withNode(state, node, {
    lease: 0,
    applied: state.log.length,
    keys: readsKeys ? keysIn(state) : keys,
    cache: cache.map((view, client) => (isForgotten(client) ? absent : view)),
  })
}

/** The client as the node knows it; if it does not, it reads the store and remembers what it finds. */
export function readClient(state: State, node: number, client: number): { readonly state: State; readonly view: number } {
  const { cache } = state.nodes[node]!
  if (cache[client] !== absent) return { state, view: cache[client]! }
  const view = viewOf(state.clients[client]!)
  return { state: withNode(state, node, { cache: withAt(cache, client, view) }), view }
}

export function keysIn({ keys }: State): readonly KeyState[] {
  return keys.map(({ state }) => state)
}

export function append(state: State, change: Change): State {
  return { ...state, log: [...state.log, change] }
}

export interface Step {
  readonly name: string
  readonly to: State
}

export function* nodeMoves(state: State, context: Context): Generator<Step> {
  for (const [node, { isRunning }] of state.nodes.entries()) {
    if (!isRunning) yield { name: `node ${node} starts`, to: start(state, node) }
    else {
      yield { name: `node ${node} reads the log`, to: pull(state, node, context) }
      yield { name: `node ${node} is killed`, to: kill(state, node) }
    }
  }
}

/** Its requests and streams end with it, and its memory. */
function kill(state: State, node: number): State {
  const { token } = state
  const isIts = token && token.phase !== 'signed' && token.node === node
  const guards = state.guards.map((guard) => (guard.stream?.node === node ? { ...guard, stream: null } : guard))
  const cleared = { isRunning: false, lease: times.lease + 1, cache: state.clients.map(() => absent) }
  return { ...withNode(state, node, cleared), token: isIts ? null : token, guards }
}

function start(state: State, node: number): State {
  return withNode(state, node, { isRunning: true, lease: 0, applied: state.log.length, keys: keysIn(state) })
}
