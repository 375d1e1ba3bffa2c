// An organization of very many clients, some of them known to each guard: from the command that cuts its tokens to the moment when every
// guard refuses them, by decisions of each guard all the time.
import { fillLargeOrganization, largeOrganization, partnerIdOf } from '@countersign/server/store/fill-large-organization.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { inRealm, realm } from '../served-nodes.ts'
import type { FeedCluster } from './feed-cluster.ts'
import { machineNow, type Holder } from './guard-orders.ts'
import { noteIssued } from './holders.ts'

export interface LargeOrganizationOptions {
  readonly guards: number
  readonly clients: number
}

/** Clients with tokens; the guards share them. */
const usable = 50
/** A number that no other watch has. */
const watchId = 1_000_000

export async function cutLargeOrganization(cluster: FeedCluster, options: LargeOrganizationOptions, say: (progress: string) => void) {
  const { served, nodes, fleet, recording } = cluster
  const { guards, clients } = options
  const { location, pepper } = served
  const withToken = Math.min(usable, clients)
  const clientSecret = await fillLargeOrganization({ location, pepper, realm, clients, partners: 1, others: 0, usable: withToken })
  const holders: Holder[] = []
  for (let i = 1; i <= withToken; i++) {
    const from = Date.now()
    const { status, json } = await nodes[i % nodes.length]!.requestToken({ clientId: `large-${i}`, clientSecret })
    if (status !== 200) throw new Error(`A token request was answered with ${status}`)
    const token = String(json['access_token'])
    holders.push({ token, partner: partnerIdOf(1) })
    const rests = [`client:large-${i}`, `organization:${largeOrganization}`, `cut:${largeOrganization}`] as const
    noteIssued(recording, { by: `node:${i % nodes.length}`, token, rests, from })
  }
  say(`feed: an organization of ${clients} clients exists`)
  const holderOf = (guard: number) => holders[guard % holders.length]!
  await eventually('every guard knows a client', async () => (await fleet.decide(holderOf)).accepted === guards)
  const [node] = nodes as [(typeof nodes)[number]]
  const deciders = Array.from({ length: guards }, (_, guard) => [guard, holderOf(guard)] as const)
  await fleet.watch({ id: watchId, after: await cluster.revisionAt(node), deciders })
  const from = Date.now()
  const requestedAt = machineNow()
  await node.admin.call('organizations.cutTokens', {
    params: { ...inRealm, organization: largeOrganization },
    body: { reason: 'a trial' },
  })
  const acknowledgedAt = machineNow()
  recording.add({ step: 'ended', subject: `cut:${largeOrganization}`, why: 'revoked', from, to: Date.now() })
  const { knownAt, decided } = await fleet.settle(watchId, await cluster.revisionAt(node))
  const refusedAt = decided.flatMap((one) => one.refusedAt ?? [])
  const seconds = (times: readonly (number | null)[]) =>
    times.reduce<number>((last, at) => Math.max(last, ((at ?? Infinity) - requestedAt) / 1000), 0)
  return {
    clients,
    guards,
    guardsThatRefuse: refusedAt.length,
    secondsOfTheCommand: (acknowledgedAt - requestedAt) / 1000,
    secondsUntilEveryGuardKnew: seconds(knownAt),
    secondsUntilEveryGuardRefused: seconds(decided.map((one) => one.refusedAt)),
    undecided: decided.reduce((sum, one) => sum + one.unavailable, 0),
    acceptedAfterKnown: decided.reduce((sum, one) => sum + one.acceptedAfterKnown, 0),
  }
}
