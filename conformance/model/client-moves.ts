// Changes of clients and of their secrets, each a transaction with its row in the log.
import { append, type Step } from './node-moves.ts'
import { absent, times, withAt, type Client, type Context, type Secret, type State } from './state.ts'

/** The end of a secret is also told to the invariants. */
export interface ClientStep extends Step {
  readonly ended?: { readonly client: number; readonly secret: number; readonly why: 'revoked' | 'replaced' }
}

export function* clientMoves(state: State, { scope, rules }: Context): Generator<ClientStep> {
  if (state.log.length >= scope.unread) return
  for (const [index, client] of state.clients.entries()) {
    const change = (changed: Partial<Client>, isLogged = true): State => {
      const clients = withAt(state.clients, index, { ...client, ...changed })
      return isLogged ? append({ ...state, clients }, { client: index }) : { ...state, clients }
    }
    if (scope.changes.includes('disable') && client.disabled === absent)
      yield { name: `client ${index} is disabled`, to: change({ disabled: 0 }) }
    if (scope.changes.includes('revoke-token') && index === 0 && client.tokenRevoked === absent)
      yield { name: `a token of client ${index} is revoked`, to: change({ tokenRevoked: 0 }, rules.logsTokens) }
    if (scope.changes.includes('rotate')) yield* rotationMoves(index, client, change, rules.keepsExpiry)
  }
  if (scope.changes.includes('other')) yield { name: 'another client is changed', to: append(state, { client: scope.clients }) }
}

const live: Secret = { state: 'live', ended: absent }
const ended: Secret = { state: 'ended', ended: 0 }

function* rotationMoves(
  index: number,
  client: Client,
  change: (changed: Partial<Client>) => State,
  keepsExpiry: boolean,
): Generator<ClientStep> {
  const [old, made] = client.secrets as readonly [Secret, Secret]
  const both = old.state === 'live' && made.state === 'live'
  const end = (secret: number, why: 'revoked' | 'replaced', changed: Partial<Client> = {}) => ({
    to: change({ ...changed, secrets: withAt(client.secrets, secret, ended) }),
    ended: { client: index, secret, why },
  })
  if (old.state === 'live' && made.state === 'none')
    yield { name: `a rotation of client ${index} starts`, to: change({ secrets: [old, live], window: 0 }) }
  if (both && client.isProven) yield { name: `the rotation of client ${index} is confirmed`, ...end(0, 'replaced', { window: absent }) }
  if (both && !client.isProven) yield { name: `the rotation of client ${index} is cancelled`, ...end(1, 'replaced', { window: absent }) }
  if (old.state === 'live' && client.window >= times.window)
    yield { name: `the window of client ${index} ends`, ...end(0, 'replaced', { window: absent }) }
  if (old.state === 'live') yield { name: `the first secret of client ${index} is revoked`, ...end(0, 'revoked', { window: absent }) }
  if (made.state === 'live')
    yield { name: `the second secret of client ${index} is revoked`, ...end(1, 'revoked', keepsExpiry ? { window: absent } : {}) }
}
