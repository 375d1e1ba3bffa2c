// The facts of the invariants, read from a state of the model. It is now 0; what was earlier is negative.
import { never, type Facts } from './invariants.ts'
import type { Bounds, IssuedStep, Subject } from './steps.ts'
import { absent, times, type Context, type State, type Token } from './state.ts'

export const names = {
  token: 'followed',
  key: (key: number) => `k${key}`,
  client: (client: number) => `c${client}`,
  secret: (client: number, secret: number): Subject => `secret:c${client}s${secret}`,
} as const

export function boundsOf({ scope }: Context): Bounds {
  // What is sent to a guard may be under way for as long as a stream may be silent.
  const guardBound = times.guardBound + (scope.delayed.length === 0 ? 0 : times.patience)
  return {
    node: { connected: 0, cutOff: times.lease },
    guard: { connected: null, cutOff: guardBound },
    publishBefore: times.publishBefore,
    publishBeforeInEmergency: times.emergency,
  }
}

export function issuedStep({ node, client, secret, key, age }: Token): IssuedStep {
  const rests: Subject[] = [`client:${names.client(client)}`]
  if (secret !== absent) rests.push(names.secret(client, secret))
  return {
    step: 'issued',
    by: `node:${node}`,
    token: names.token,
    key: names.key(key),
    rests,
    expiresAt: times.tokenLifetime - age,
    from: -age,
    to: 0,
  }
}

export function factsOf(state: State, bounds: Bounds): Facts {
  const { token } = state
  const ended = (age: number) => (age === absent ? [] : [{ ended: { from: -age, to: -age }, begun: never }])
  return {
    bounds,
    endsOf(subject) {
      if (subject.startsWith('token:')) return ended(state.clients[0]!.tokenRevoked)
      if (subject.startsWith('key:')) {
        const key = state.keys[Number(subject.slice(5))]!
        return key.state === 'compromised' ? ended(key.age) : []
      }
      const place = subject.indexOf(':')
      const client = state.clients[Number(subject[place + 2])]!
      return ended(subject.startsWith('client:') ? client.disabled : client.secrets[Number(subject[place + 4])]!.ended)
    },
    key(kid) {
      const { state: keyState, age, isEmergency } = state.keys[Number(kid.slice(1))]!
      const isKnown = keyState === 'staged' || keyState === 'active'
      return { staged: isKnown ? { from: -age, to: -age } : undefined, isEmergency }
    },
    token: () => (token?.phase === 'signed' ? issuedStep(token) : undefined),
    keysInUse: () => (token?.phase === 'signed' ? [{ key: names.key(token.key), token: names.token }] : []),
    secretsOf(name) {
      const client = Number(name.slice(1))
      return state.clients[client]!.secrets.flatMap((secret, index) => (secret.state === 'live' ? names.secret(client, index) : []))
    },
    // Any node may be, since its last pull; a guard is asked about what had ended.
    cutOffSince(place) {
      if (!place.startsWith('node:')) return undefined
      const { lease } = state.nodes[Number(place.slice(5))]!
      return { from: -lease, to: -lease }
    },
    wasCutOff: (place) => place.startsWith('node:') && token?.phase === 'spooled',
    seenBefore(place) {
      const { place: known } = state.guards[Number(place.slice(6))]!
      return known === absent ? undefined : known
    },
  }
}
