// The state of the model: what the store has, what each node and guard knows of it, and one token that is followed. Times are ages in
// ticks that stop to grow where they cease to matter, so that there are finitely many states. A state is never changed; a step makes
// another one that shares the rest.
import type { Rules } from './rules.ts'

/** How large the explored part is. */
export interface Scope {
  readonly name: string
  readonly nodes: number
  readonly guards: number
  readonly clients: number
  readonly keys: number
  /** Whether tokens are requested step by step; otherwise one good token of the first client exists from the start. */
  readonly requests: boolean
  /** What can happen to clients. */
  readonly changes: readonly ('disable' | 'revoke-token' | 'rotate' | 'other')[]
  /** What takes time on its way to a guard. What is not named arrives at once; without the stream, there is only asking. */
  readonly delayed: readonly ('stream' | 'answer' | 'document')[]
  /** Changes that not every node has read: no more come until a node has read them, or its lease has ended. */
  readonly unread: number
}

/** In ticks. Their order is that of the product; a tick stands for no certain time. */
export const times = {
  lease: 1,
  guardBound: 1,
  tokenLifetime: 2,
  /** A key is published so long before it may sign, in an emergency the shorter time. */
  publishBefore: 3,
  emergency: 2,
  /** A key set may be held back so long: what is left of `publishBefore` when every node has read the change. */
  heldBack: 1,
  /** Longest request, and longest silence of a stream. */
  patience: 1,
  window: 2,
} as const

/** So long a retiring key is kept, counted in whole ticks. */
export const retainFor = times.lease + times.tokenLifetime + 1

export const absent = -1
/** Of a document: from before the place that the guard knows. */
export const old = -2

export type KeyState = 'none' | 'staged' | 'active' | 'retiring' | 'retired' | 'compromised'

export interface Key {
  readonly state: KeyState
  /** Of the state; for a staged or active key, of its publication. */
  readonly age: number
  readonly isEmergency: boolean
  /** Since some serving node did not publish it. */
  readonly everywhere: number
}

/** A client in the store. Secret 0 is there from the start; secret 1 is made by a rotation. Ages are `absent` for what did not happen. */
export interface Client {
  readonly disabled: number
  readonly tokenRevoked: number
  readonly secrets: readonly Secret[]
  readonly isProven: boolean
  /** Ticks since the window of the old secret began. */
  readonly window: number
}

export interface Secret {
  readonly state: 'none' | 'live' | 'ended'
  readonly ended: number
}

/** What is known of a client, as a set of bits: a node or guard that knows nothing has `absent`. */
export const known = { enabled: 1, token: 2, secret: [4, 8] } as const

export interface Node {
  readonly isRunning: boolean
  /** Since its last pull. */
  readonly lease: number
  /** The place in the log up to which it has applied changes. */
  readonly applied: number
  /** The states of all keys, as it last read them. */
  readonly keys: readonly KeyState[]
  /** For each client. */
  readonly cache: readonly number[]
}

/** On its way to a guard: what changed up to a place in the log, known as of `age` ticks ago. */
export interface Message {
  readonly to: number
  readonly age: number
  readonly underWay: number
  /** What a guard forgets: also everything, if its cursor is not known. */
  readonly forgets: 'nothing' | 'other' | 'followed' | 'all'
  /** Keys that must not be used any more, as bits. */
  readonly gone: number
}

/** A document about the first client, on its way. */
export interface Lookup {
  readonly revision: number
  readonly value: number
  readonly underWay: number
}

export interface Guard {
  /** The place of its cursor; `absent` if it has none, or one that the nodes no longer know. */
  readonly place: number
  /** Since when what it knows is true. */
  readonly age: number
  /** What it remembers of the first client. */
  readonly document: number
  /** The keys that it knows to be compromised, as bits. */
  readonly gone: number
  /** An event may be under way; another one waits for it. */
  readonly stream: { readonly node: number; readonly sent: number; readonly event: Message | null } | null
  readonly answer: Message | null
  readonly lookup: Lookup | null
}

/** A violation is about one token, so one is followed at a time; which one is left open. */
export interface Token {
  readonly phase: 'drafted' | 'recorded' | 'spooled' | 'signed'
  readonly node: number
  readonly client: number
  readonly secret: number
  readonly key: number
  /** Since it was drafted. */
  readonly age: number
  /** The place in the log when its audit row was written. */
  readonly place: number
}

/** A change in the log: of a client, of the key set, or of the key set with a key that must not be used any more. */
export type Change = { readonly client: number } | { readonly client?: undefined; readonly compromised: number }

export interface State {
  /** The changes that something still has to read. */
  readonly log: readonly Change[]
  readonly keys: readonly Key[]
  readonly clients: readonly Client[]
  readonly nodes: readonly Node[]
  readonly guards: readonly Guard[]
  readonly token: Token | null
}

export interface Context {
  readonly scope: Scope
  readonly rules: Rules
}

export function withAt<Item>(items: readonly Item[], index: number, item: Item): readonly Item[] {
  return items.with(index, item)
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

const newKey: Key = { state: 'none', age: 0, isEmergency: false, everywhere: 0 }
const firstKey: Key = { state: 'active', age: times.publishBefore, isEmergency: false, everywhere: times.heldBack + 1 }
/** Where no client changes, what a guard remembers of it is always true. */
export function newGuard({ changes }: Scope): Guard {
  return { ...emptyGuard, document: changes.length === 0 ? known.enabled | known.token : absent }
}

const emptyGuard: Guard = {
  place: absent,
  age: times.guardBound + 1,
  document: absent,
  gone: 0,
  stream: null,
  answer: null,
  lookup: null,
}

export function initialState(scope: Scope): State {
  const keys = range(scope.keys).map((key) => (key === 0 ? firstKey : newKey))
  const client: Client = {
    disabled: absent,
    tokenRevoked: absent,
    secrets: [
      { state: 'live', ended: absent },
      { state: 'none', ended: absent },
    ],
    isProven: false,
    window: absent,
  }
  const followed: Token = { phase: 'signed', node: 0, client: 0, secret: 0, key: 0, age: 0, place: 0 }
  return {
    log: [],
    keys,
    clients: range(scope.clients).map(() => client),
    nodes: range(scope.nodes).map(() => ({
      isRunning: true,
      lease: 0,
      applied: 0,
      keys: keys.map(({ state }) => state),
      cache: range(scope.clients).map(() => absent),
    })),
    guards: range(scope.guards).map(() => newGuard(scope)),
    token: scope.requests ? null : followed,
  }
}
