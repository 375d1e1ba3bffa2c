// Three processes of the server behind a load balancer, and the guards, which know only the address of the load balancer.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { recordSteps, type Recording } from '../../../../conformance/model/steps.ts'
import { startBalancer, type Balancer } from '../balancer.ts'
import { realm, startServedNodes, type ServedNode, type ServedNodes } from '../served-nodes.ts'
import { bounds } from './bounds.ts'
import { startGuardFleet, type GuardFleet } from './guard-fleet.ts'

export interface FeedCluster {
  readonly served: ServedNodes
  readonly nodes: readonly ServedNode[]
  readonly balancer: Balancer
  readonly fleet: GuardFleet
  readonly issuer: string
  /** Of a client with the scope of the feed. */
  readonly guardCredentials: { readonly clientId: string; readonly clientSecret: string }
  /** The last change that a node knows. */
  revisionAt(node: ServedNode): Promise<number>
  readonly recording: Recording
  /** The folder of all recordings. */
  readonly recordings: string
  endRecording(): void
  close(): Promise<void>
}

export interface FeedClusterOptions {
  readonly isCompiled: boolean
  /** Of guards. */
  readonly processes: number
  readonly entitlementSeconds: number
  readonly staleIfErrorSeconds: number
  /** Of the tokens of the guards; those of the other clients live for an hour. */
  readonly guardTokenSeconds: number
}

export async function startFeedCluster(options: FeedClusterOptions): Promise<FeedCluster> {
  const { isCompiled, processes, entitlementSeconds, staleIfErrorSeconds, guardTokenSeconds } = options
  // Whatever had started by a failure would keep this process alive.
  await using started = new AsyncDisposableStack()
  const port = await findFreePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const served = await startServedNodes({
    store: 'postgres',
    count: 3,
    settings: `publicUrl: ${publicUrl}`,
    realmSettings: 'accessTokenLifetime: 1h',
    isCompiled,
    measuresMemory: true,
  })
  started.defer(() => served.close())
  const { nodes } = served
  const balancer = await startBalancer(
    port,
    nodes.map(({ url }) => Number(new URL(url).port)),
  )
  started.defer(() => balancer.close())
  const recordings = mkdtempSync(join(tmpdir(), 'countersign-steps-'))
  const recording = recordSteps(join(recordings, 'revocations.jsonl'), { name: 'feed', bounds: bounds(staleIfErrorSeconds) })
  const { clientId, clientSecret } = await served.aClient('provider', { scopes: ['entitlements:read'] })
  const lifetime = { accessTokenLifetime: guardTokenSeconds }
  await served.setup.call('clients.update', { params: { realm, client: clientId }, body: lifetime }, { ifMatch: '*' })
  const guardCredentials = { clientId, clientSecret }
  const issuer = `${publicUrl}/${realm}`
  const settings = { issuer, realm, credentials: guardCredentials, entitlementSeconds, staleIfErrorSeconds }
  const fleet = startGuardFleet({ ...settings, processes, recordings })
  started.defer(() => fleet.close())

  // One that does not end with the tokens of the guards.
  const meter = await served.aClient('meter', { scopes: ['entitlements:read'] })
  const meterToken = String((await nodes[0]!.requestToken(meter)).json['access_token'])
  const running = started.move()

  return {
    served,
    nodes,
    balancer,
    fleet,
    issuer,
    guardCredentials,
    revisionAt: (node) =>
      eventually('a node tells its revision', async () => {
        const answer = await fetch(`${node.url}/${realm}/v1/changes`, { headers: { authorization: `Bearer ${meterToken}` } })
        return answer.ok && ((await answer.json()) as { asOf: { revision: number } }).asOf.revision
      }),
    recording,
    recordings,
    endRecording: () => recording.close(),
    close: () => running.disposeAsync(),
  }
}
