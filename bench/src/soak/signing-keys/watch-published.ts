// Reads the key set of each node all the time. A token must not name a key that a node which answers does not publish.
import { pause } from '../faults/pause.ts'
import type { ServedNode } from '../served-nodes.ts'
import type { KeyRealm } from './key-cluster.ts'

const pollMs = 250

export async function watchPublished(nodes: readonly ServedNode[], { keysPath, recording }: KeyRealm, end: AbortSignal): Promise<void> {
  const watch = async (node: ServedNode): Promise<void> => {
    const by = `node:${nodes.indexOf(node)}` as const
    while (!end.aborted) {
      const from = Date.now()
      const keys = await readKeyIds(node.url + keysPath)
      if (keys) recording.add({ step: 'published', by, keys, from, to: Date.now() })
      await pause(pollMs, end)
    }
  }
  await Promise.all(nodes.map(watch))
}

/** Undefined if the node does not answer. */
export async function readKeyIds(url: string): Promise<string[] | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    return response.ok ? ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid) : undefined
  } catch {
    return undefined
  }
}
