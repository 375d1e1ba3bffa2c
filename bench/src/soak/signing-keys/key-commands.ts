// The commands of an operator on the keys of a realm, and what they are recorded as. An operator who got no answer looks at another node
// whether the command was done, and gives it again if not.
import { AdminRequestError } from '@countersign/admin'
import type { ServedNode } from '../served-nodes.ts'
import type { KeyRealm } from './key-cluster.ts'

export type SigningKey = Awaited<ReturnType<typeof listKeys>>[number]

export async function listKeys({ admin }: ServedNode, { name: realm }: Pick<KeyRealm, 'name'>, ended = false) {
  const { items } = await admin.call('signingKeys.list', { params: { realm }, query: { ended: `${ended}`, limit: 200 } })
  return items
}

export type CommandOutcome = 'done' | 'refused' | 'not answered'

export interface KeyCommands {
  stage(node: ServedNode): Promise<CommandOutcome>
  activate(node: ServedNode, keyId: string): Promise<CommandOutcome>
  retire(node: ServedNode, keyId: string): Promise<CommandOutcome>
  compromise(node: ServedNode, keyId: string): Promise<CommandOutcome>
  /** Records the keys whose state has changed since the last time. */
  noteStates(node: ServedNode): Promise<readonly SigningKey[]>
}

export function createKeyCommands(realm: KeyRealm): KeyCommands {
  const params = { realm: realm.name }
  const noted = new Map<string, SigningKey['state']>()

  async function attempt(command: () => Promise<unknown>): Promise<CommandOutcome> {
    try {
      await command()
      return 'done'
    } catch (error) {
      if (error instanceof AdminRequestError && error.status < 500) return 'refused'
      return 'not answered'
    }
  }

  return {
    stage: ({ admin }) => attempt(() => admin.call('signingKeys.stage', { params, body: {} })),
    activate: ({ admin }, key) => attempt(() => admin.call('signingKeys.activate', { params: { ...params, key }, body: {} })),
    retire: ({ admin }, key) => attempt(() => admin.call('signingKeys.retire', { params: { ...params, key } })),
    async compromise({ admin }, key) {
      realm.compromised.add(key)
      const from = Date.now()
      const body = { reason: 'a trial' }
      const outcome = await attempt(() => admin.call('signingKeys.compromise', { params: { ...params, key }, body }))
      const interval = { from, to: Date.now() }
      realm.compromisedAt.set(key, interval.to)
      realm.recording.add({ step: 'key', key, state: 'compromised', ...interval })
      if (outcome === 'done') realm.recording.add({ step: 'ended', subject: `key:${key}`, why: 'revoked', ...interval })
      return outcome
    },
    async noteStates(node) {
      const keys = await listKeys(node, realm, true)
      const to = Date.now()
      for (const { keyId, state, createdAt, stateSince } of keys) {
        if (noted.get(keyId) === state) continue
        const isFirst = noted.size === 0 && state === 'active'
        const since = state === 'staged' ? Date.parse(createdAt) : Date.parse(stateSince ?? createdAt)
        // What the operator did is recorded with its request.
        if (state !== 'compromised') {
          realm.recording.add({ step: 'key', key: keyId, state, ...(isFirst && { isKnown: true }), from: since, to })
        }
        noted.set(keyId, state)
      }
      return keys
    },
  }
}
