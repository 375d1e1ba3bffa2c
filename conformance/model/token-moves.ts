// One token request in its steps, and the token: it is drafted from what a node knows, its audit row is written to the store or to the
// spool, it is checked again and signed. A crash falls between any two.
import { isServing, pull, readClient, type Step } from './node-moves.ts'
import { absent, known, withAt, type Context, type State, type Token } from './state.ts'

export interface TokenStep extends Step {
  /** The token that is given out by the step. */
  readonly issued?: Token
}

export function* tokenMoves(state: State, context: Context): Generator<TokenStep> {
  const { token } = state
  if (!token) return yield* drafts(state, context)
  if (token.phase === 'signed') return yield { name: 'another token is followed', to: { ...state, token: null } }
  if (token.phase === 'drafted') {
    yield { name: 'its audit row is stored', to: withToken(state, token, { phase: 'recorded', place: state.log.length }) }
    yield { name: 'its audit row is spooled', to: withToken(state, token, { phase: 'spooled' }) }
    return
  }
  yield sign(state, token, context)
}

function withToken(state: State, token: Token, changed: Partial<Token>): State {
  return { ...state, token: { ...token, ...changed } }
}

function* drafts(state: State, context: Context): Generator<TokenStep> {
  for (const [node, each] of state.nodes.entries()) {
    const key = each.keys.indexOf('active')
    if (!isServing(each, context) || key < 0) continue
    for (const client of state.clients.keys()) {
      const { state: after, view } = readClient(state, node, client)
      if (!(view & known.enabled)) continue
      for (const [secret, bit] of known.secret.entries()) {
        if (!(view & bit)) continue
        const token: Token = { phase: 'drafted', node, client, secret, key, age: 0, place: 0 }
        yield { name: `node ${node} drafts a token for secret ${secret} of client ${client} and key ${key}`, to: { ...after, token } }
      }
    }
  }
}

function sign(state: State, token: Token, context: Context): TokenStep {
  const { rules } = context
  const { node, client, secret, key, phase, place } = token
  const mustRead = rules.readsToPlace && phase === 'recorded' && state.nodes[node]!.applied < place
  const { state: after, view } = readClient(mustRead ? pull(state, node, context) : state, node, client)
  const isStillGood = after.nodes[node]!.keys[key] === 'active' && view & known.enabled && view & known.secret[secret]!
  if (rules.checksAgain && !isStillGood) return { name: `node ${node} starts the request again`, to: { ...after, token: null } }
  const clients = secret === 1 ? withAt(after.clients, client, { ...after.clients[client]!, isProven: true }) : after.clients
  return { name: `node ${node} signs`, to: { ...withToken(after, token, signed), clients }, issued: token }
}

/** What does not matter any more of a token that was given out. */
const signed: Partial<Token> = { phase: 'signed', node: absent, secret: absent, place: 0 }
