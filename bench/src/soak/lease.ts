// A node is cut off for longer than its lease, while clients are disabled at another node. After it is back, its first answer to each
// of these clients, other than 503, must be a denial.
import { randomUUID } from 'node:crypto'
import { eventually } from '@countersign/server/store/processes.fixture'
import { inRealm, startServedNodes, type ServedNode } from './served-nodes.ts'

export interface LeaseOptions {
  readonly cuts: number
  readonly clientsPerCut: number
}

export async function soakLease({ cuts, clientsPerCut }: LeaseOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store: 'postgres', count: 2, settings: 'lease: 5s' })
  const [one, other] = served.nodes as [ServedNode, ServedNode]
  const counts = { refused: 0, accepted: 0, servedWithinLease: 0, acceptedAfterLease: 0 }
  const secondsUntilReady: number[] = []
  try {
    for (let cut = 1; cut <= cuts; cut++) {
      const clients = []
      for (let i = 0; i < clientsPerCut; i++) clients.push(await served.aClient(`org-${randomUUID()}`))
      for (const client of clients)
        await eventually('the node knows the client', async () => (await other.requestToken(client)).status === 200)
      // Half of the cuts hang, the other half refuse connections.
      if (cut % 2 === 0) other.line!.cut()
      else other.line!.freeze()
      const start = performance.now()
      if ((await other.requestToken(clients[0]!)).status === 200) counts.servedWithinLease++
      for (const { clientId } of clients)
        await one.admin.call('clients.update', { params: { ...inRealm, client: clientId }, body: { enabled: false } }, { ifMatch: '*' })
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + 7000 - performance.now())))
      if ((await other.requestToken(clients[0]!)).status === 200) counts.acceptedAfterLease++
      other.line!.heal()
      const back = performance.now()
      await Promise.all(
        clients.map(async (client) => {
          const answer = await eventually('the node answers', async () => {
            const { status } = await other.requestToken(client)
            return status !== 503 && status !== 0 && status
          })
          counts[answer === 401 ? 'refused' : 'accepted']++
        }),
      )
      await eventually('the node is ready', () => other.isReady())
      secondsUntilReady.push((performance.now() - back) / 1000)
      say(`lease: cut ${cut} of ${cuts}, ${counts.refused} refused, ${counts.accepted} accepted`)
    }
    return { cuts, clientsPerCut, leaseSeconds: 5, ...counts, longestSecondsUntilReady: Math.max(...secondsUntilReady) }
  } finally {
    await served.close()
  }
}
