// Kills one node at a time by SIGKILL and starts it again, so that two others always serve.
import type { ServedNode } from '../served-nodes.ts'
import type { KeyRealm } from './key-cluster.ts'

export interface Victim {
  readonly node: ServedNode
  /** One that lives. */
  readonly other: ServedNode
  kill(): Promise<void>
}

export interface NodeKiller {
  /** Lets `work` kill a node; it runs again when this resolves. */
  withVictim(work: (victim: Victim) => Promise<void>): Promise<void>
  kills(): number
}

export function createNodeKiller(nodes: readonly ServedNode[], realms: readonly KeyRealm[]): NodeKiller {
  let turn: Promise<void> = Promise.resolve()
  let kills = 0

  function note(step: 'started' | 'stopped', number: number, from: number): void {
    for (const { recording } of realms) recording.add({ step, who: `node:${number}`, from, to: Date.now() })
  }

  async function take(work: (victim: Victim) => Promise<void>): Promise<void> {
    const number = Math.floor(Math.random() * nodes.length)
    const [node, other] = [nodes[number]!, nodes[(number + 1) % nodes.length]!]
    let killed: Promise<void> | undefined
    const kill = () => {
      const from = Date.now()
      killed ??= node.kill().then(() => note('stopped', number, from))
      return killed
    }
    try {
      await work({ node, other, kill })
    } finally {
      await kill()
      kills++
      const from = Date.now()
      await node.start()
      note('started', number, from)
    }
  }

  return {
    withVictim(work) {
      const done = turn.then(() => take(work))
      turn = done.catch(() => {})
      return done
    },
    kills: () => kills,
  }
}
