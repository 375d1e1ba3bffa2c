// What signing keys are rotated in: three processes behind a load balancer, realms that each have keys of their own, and for each realm
// guards that see its key set only as it was a while ago.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdminClient } from '@countersign/admin'
import { createRemoteGuard, type RemoteGuard } from '@countersign/guard'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { recordSteps, type Recording } from '../../../../conformance/model/steps.ts'
import { startBalancer } from '../balancer.ts'
import { startServedNodes, type Credentials, type ServedNode, type ServedNodes } from '../served-nodes.ts'
import { holdKeysBack } from './held-back-keys.ts'

export interface KeySettings {
  readonly realms: number
  /** For each realm. */
  readonly guards: number
  readonly publishBeforeSeconds: number
  /** How old the key set is that guards get. */
  readonly heldBackSeconds: number
  readonly lifetimeSeconds: number
  readonly isCompiled: boolean
}

export const leaseSeconds = 5
/** As the server counts: a key may sign in an emergency when no node can be serving without it. */
export const emergencySeconds = leaseSeconds + 10

export interface KeyRealm {
  readonly name: string
  readonly guards: readonly RemoteGuard[]
  /** A client whose tokens the load uses. */
  readonly client: Credentials
  /** The path of the key set. */
  readonly keysPath: string
  readonly recording: Recording
  /** From before the request on that ended them. */
  readonly compromised: Set<string>
  /** When that was acknowledged, in milliseconds since the epoch. */
  readonly compromisedAt: Map<string, number>
}

export interface KeyCluster {
  readonly served: ServedNodes
  readonly nodes: readonly ServedNode[]
  readonly realms: readonly KeyRealm[]
  readonly recordings: string
  close(): Promise<void>
}

export async function startKeyCluster(settings: KeySettings): Promise<KeyCluster> {
  const { publishBeforeSeconds, lifetimeSeconds, heldBackSeconds, isCompiled } = settings
  const port = await findFreePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const names = Array.from({ length: settings.realms }, (_, i) => `soak-${i + 1}`)
  const served = await startServedNodes({
    store: 'postgres',
    count: 3,
    settings: `publicUrl: ${publicUrl}\nlease: ${leaseSeconds}s`,
    realms: names,
    realmSettings: `accessTokenLifetime: ${lifetimeSeconds}s, signingKeys: { rotateEvery: none, publishBefore: ${publishBeforeSeconds}s }`,
    isCompiled,
  })
  const { nodes } = served
  const balancer = await startBalancer(
    port,
    nodes.map(({ url }) => Number(new URL(url).port)),
  )
  const recordings = mkdtempSync(join(tmpdir(), 'countersign-steps-'))
  const closing: (() => void | Promise<void>)[] = []
  try {
    const clients = await Promise.all(names.map((name) => createClients(served.setup, name)))
    const sources = await Promise.all(names.map((name) => findKeysUrl(`${publicUrl}/${name}`)))
    const heldBack = await holdKeysBack(sources, heldBackSeconds * 1000)
    closing.push(() => heldBack.close())
    const realms = names.map((name, index): KeyRealm => {
      const { client, provider } = clients[index]!
      const options = { issuer: `${publicUrl}/${name}`, realm: name, audience: 'api', jwksUri: heldBack.urlOf(sources[index]!) }
      const guards = Array.from({ length: settings.guards }, () =>
        createRemoteGuard({ ...options, credentials: provider, clockSkewSeconds: 0 }),
      )
      const recording = recordSteps(join(recordings, `${name}.jsonl`), { name: `signing keys of ${name}`, bounds: boundsOf(settings) })
      closing.push(
        async () => void (await Promise.all(guards.map((guard) => guard.close()))),
        () => recording.close(),
      )
      return {
        name,
        guards,
        client,
        keysPath: new URL(sources[index]!).pathname,
        recording,
        compromised: new Set(),
        compromisedAt: new Map(),
      }
    })
    await Promise.all(realms.flatMap(({ guards }) => guards.map((guard) => guard.ready())))
    return { served, nodes, realms, recordings, close }
  } catch (error) {
    await close()
    throw error
  }

  async function close(): Promise<void> {
    for (const one of closing.splice(0)) await one()
    await balancer.close()
    await served.close()
  }
}

function boundsOf({ publishBeforeSeconds }: KeySettings) {
  // After an acknowledged end: the second that the change may take; the guards are told by the feed.
  const acceptance = { connected: 1000, cutOff: (leaseSeconds + 1) * 1000 }
  const ofGuards = { connected: 1000, cutOff: 301_000 }
  const published = { publishBefore: publishBeforeSeconds * 1000, publishBeforeInEmergency: emergencySeconds * 1000 }
  return { node: acceptance, guard: ofGuards, ...published }
}

async function createClients(setup: AdminClient, realm: string): Promise<{ client: Credentials; provider: Credentials }> {
  const create = async (slug: string, scopes?: string[]): Promise<Credentials> => {
    await setup.call('organizations.create', { params: { realm }, body: { slug, name: slug } })
    const body = { organization: slug, name: slug, ...(scopes && { scopes }) }
    const { client, clientSecret } = await setup.call('clients.create', { params: { realm }, body })
    return { clientId: client.clientId, clientSecret: clientSecret! }
  }
  return { client: await create('acme'), provider: await create('provider', ['entitlements:read']) }
}

async function findKeysUrl(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server${pathname}`)
  return ((await metadata.json()) as { jwks_uri: string }).jwks_uri
}
