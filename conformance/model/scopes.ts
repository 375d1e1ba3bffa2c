// The parts of the protocol that are explored, each with the code of all (README.md says why nothing is lost by it).
import type { Scope } from './state.ts'

const small = { nodes: 2, guards: 1, clients: 1, keys: 1, requests: true, changes: [], delayed: [], unread: 2 } as const

/** Explored by `npm test`. */
export const smallScopes = {
  keys: { ...small, name: 'keys', keys: 2, unread: 1 },
  secrets: { ...small, name: 'secrets', guards: 0, changes: ['disable', 'rotate', 'other'], unread: 1 },
  events: { ...small, name: 'events', requests: false, changes: ['disable'], delayed: ['stream', 'document'] },
  answers: { ...small, name: 'answers', requests: false, changes: ['revoke-token'], delayed: ['stream', 'answer'] },
} as const satisfies Readonly<Record<string, Scope>>

/** Explored by `npm run model` as well. */
export const largeScopes = {
  threeKeys: { ...small, name: 'three keys', keys: 3, unread: 1 },
  moreChangesOfKeys: { ...small, name: 'more changes of keys', keys: 2 },
  twoGuards: { ...small, name: 'two guards', keys: 2, guards: 2, unread: 1 },
  twoGuardsAndThreeKeys: { ...small, name: 'two guards with three keys', keys: 3, guards: 2, unread: 1 },
  moreChangesOfSecrets: { ...small, name: 'more changes of secrets', guards: 0, changes: ['disable', 'rotate', 'other'] },
  otherChanges: {
    ...small,
    name: 'changes of another client',
    requests: false,
    changes: ['disable', 'other'],
    delayed: ['stream', 'document'],
  },
  twoRotations: { ...small, name: 'two clients that both rotate', guards: 0, clients: 2, changes: ['rotate'], unread: 1 },
  together: { ...small, name: 'keys, clients and guards', keys: 2, changes: ['disable'], unread: 1 },
} as const satisfies Readonly<Record<string, Scope>>

export const scopes = { ...smallScopes, ...largeScopes }
