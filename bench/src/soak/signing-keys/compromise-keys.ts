// Compromised keys: from the command on, which tokens of the key the guards still accept after a second, and how long it takes until the
// key in reserve signs.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { ServedNode } from '../served-nodes.ts'
import type { KeyRealm } from './key-cluster.ts'
import type { createRotation } from './rotate-keys.ts'
import type { TokenLoad } from './token-load.ts'

export interface CompromiseCounts {
  compromises: number
  /** Tokens of the key, each at every guard and node of the realm. */
  tokens: number
  triedAfterASecond: number
  acceptedAfterASecond: number
  /** From the response to the operator to the first token of the reserve, at the same node and at the last of the others. */
  readonly msAtTheSameNode: number[]
  readonly msAtTheLastNode: number[]
}

export async function compromiseOnce(
  nodes: readonly ServedNode[],
  realm: KeyRealm,
  { load, rotation }: { readonly load: TokenLoad; readonly rotation: ReturnType<typeof createRotation> },
  options: { readonly publishBeforeMs: number; readonly marginMs: number },
  counts: CompromiseCounts,
): Promise<void> {
  await rotation.ensureReserve()
  const reserve = (await rotation.look()).find((key) => key.reserve)!
  // As long as there is always one that was published long ago.
  await pause(Math.max(0, Date.parse(reserve.maySignFrom ?? '') + options.marginMs - Date.now()))
  const active = (await rotation.look()).find((key) => key.state === 'active')!
  await Promise.all(nodes.map((node) => load.requestToken(node)))
  const number = Math.floor(Math.random() * nodes.length)
  const outcome = await rotation.commands.compromise(nodes[number]!, active.keyId)
  if (outcome !== 'done') throw new Error(`The compromise of a key was ${outcome}`)
  const acknowledgedAt = performance.now()
  const milliseconds = await Promise.all(
    nodes.map(async (node) => {
      await eventually('the node signs with the key in reserve', async () => (await load.requestToken(node))?.keyId === reserve.keyId, 30)
      return performance.now() - acknowledgedAt
    }),
  )
  counts.msAtTheSameNode.push(milliseconds[number]!)
  counts.msAtTheLastNode.push(Math.max(...milliseconds))
  await pause(Math.max(0, acknowledgedAt + 1000 - performance.now()))
  const tokens = load.tokensOf(active.keyId)
  for (const { token, jti } of tokens) {
    await load.tryBad('of a compromised key', token, jti)
    for (const node of nodes) {
      const { status } = await fetch(`${node.url}/${realm.name}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
      counts.triedAfterASecond++
      if (status === 200) counts.acceptedAfterASecond++
    }
  }
  counts.triedAfterASecond += tokens.length * realm.guards.length
  counts.tokens += tokens.length
  counts.compromises++
  await rotation.look()
}
