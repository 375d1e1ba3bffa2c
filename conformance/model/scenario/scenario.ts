// A short run in which everything that the invariants are about happens once: rights are taken away, secrets and keys rotate, a key is
// compromised, a node and a guard are cut off. `node scenario.ts FILE` records it in a file.
import { setTimeout as pause } from 'node:timers/promises'
import { AdminRequestError } from '@countersign/admin'
import { eventually } from '@countersign/server/store/processes.fixture'
import { recordSteps, type Bounds, type Interval, type Step, type Subject } from '../steps.ts'
import { inRealm, partner, startCluster, type Actor, type Cluster, type IssuedToken } from './recorded-cluster.ts'

/** A node without hints reads the log each second, and a guard is told at once then. */
const learnsWithin = 2500
const leaseAndSkew = 6500

export const bounds: Bounds = {
  node: { connected: 0, cutOff: leaseAndSkew },
  guard: { connected: learnsWithin, cutOff: leaseAndSkew },
  publishBefore: 60_000,
  publishBeforeInEmergency: 15_000,
}

export async function runScenario(file: string): Promise<void> {
  const recording = recordSteps(file, { name: 'scenario', bounds })
  const closing: (() => unknown)[] = []
  try {
    const cluster = await startCluster(recording, closing)
    // A node that is not told of changes shows what it does before it learns of them.
    cluster.other.line.cutHints()
    await endRights(cluster)
    const restored = await endSecrets(cluster)
    await rotateKeys(cluster)
    await cutOff(cluster)
    await passWindow(cluster, restored)
  } finally {
    recording.close()
    for (const close of closing.toReversed()) await close()
  }
}

const revoked =
  (subject: Subject) =>
  (_: unknown, at: Interval): Step => ({ step: 'ended', subject, why: 'revoked', ...at })

async function endRights(cluster: Cluster): Promise<void> {
  const { one, other, call, anActor, again, requestToken, askAll, timed } = cluster
  const names = ['disabled', 'suspended', 'withdrawn', 'token', 'deleted'] as const
  const given = new Map<string, { readonly actor: Actor; readonly token: IssuedToken }>()
  for (const name of names) {
    const actor = await anActor(name)
    await requestToken(one, actor)
    given.set(name, { actor, token: (await requestToken(other, actor))! })
  }
  await askAll()
  const [disabled, suspended, withdrawn, ofToken, deleted] = names.map((name) => given.get(name)!)
  await call(
    'clients.update',
    { params: { ...inRealm, client: disabled!.actor.clientId }, body: { enabled: false } },
    revoked('client:disabled'),
  )
  // At once: the node has not read the change, and writes the audit row of a token after it.
  await requestToken(other, disabled!.actor)
  const params = { ...inRealm, organization: 'suspended' }
  await call('organizations.suspend', { params, body: {} }, revoked('organization:suspended'))
  await requestToken(other, suspended!.actor)
  await call(
    'partners.withdraw',
    { params: { ...inRealm, organization: withdrawn!.actor.name, partner } },
    revoked('right:withdrawn/partner'),
  )
  await timed(() => one.revoke({ ...ofToken!.actor, token: ofToken!.token.text }), revoked(`token:${ofToken!.token.id}`))
  await call('clients.delete', { params: { ...inRealm, client: deleted!.actor.clientId } }, revoked('client:deleted'))
  await pause(learnsWithin + 200)
  await askAll()
  // The guard has learned that the client does not exist.
  const { clientId, name } = deleted!.actor
  await requestToken(one, await again('created-again', clientId, name))
  await pause(learnsWithin + 200)
  await askAll()
}

async function endSecrets(cluster: Cluster): Promise<Actor> {
  const { one, other, call, anActor, requestToken } = cluster
  const [rotated, revokedOne, restored] = [await anActor('rotated'), await anActor('revoked'), await anActor('restored')]
  for (const actor of [rotated, revokedOne, restored]) for (const node of [one, other]) await requestToken(node, actor)
  const startRotation = async (actor: Actor): Promise<Actor> => {
    let made: Actor | undefined
    await call('rotation.start', { params: { ...inRealm, client: actor.clientId }, body: {} }, ({ clientSecret, secrets }, at) => {
      made = { ...actor, clientSecret: clientSecret!, secretId: secrets[0]!.id }
      return { step: 'begun', subject: `secret:${secrets[0]!.id}`, client: actor.name, ...at }
    })
    return made!
  }
  const made = await startRotation(rotated)
  for (const node of [other, one]) for (const actor of [made, rotated]) await requestToken(node, actor)
  const confirm = { force: true, reason: 'The scenario does not wait.' }
  await call('rotation.confirm', { params: { ...inRealm, client: rotated.clientId }, body: confirm }, (_, at) => {
    return { step: 'ended', subject: `secret:${rotated.secretId}`, why: 'replaced', client: 'rotated', ...at }
  })
  for (const actor of [rotated, made]) await requestToken(other, actor)
  const body = { reason: 'stolen', cutTokens: false }
  const revoke = ({ clientId, secretId, name }: Actor) =>
    call('secrets.revoke', { params: { ...inRealm, client: clientId, secret: secretId }, body }, (_, at) => {
      return { step: 'ended', subject: `secret:${secretId}`, why: 'revoked', client: name, ...at }
    })
  await revoke(revokedOne)
  await requestToken(other, revokedOne)
  await revoke(await startRotation(restored))
  return restored
}

/** The new secret of its rotation was revoked, so the old one stays when the window is over. */
async function passWindow({ one, other, requestToken, advance }: Cluster, restored: Actor): Promise<void> {
  advance(31 * 86_400_000)
  await one.server.upkeep.maintain()
  for (const node of [other, one]) await requestToken(node, restored)
}

/** Again, if it was not. */
function connected({ guard }: Cluster) {
  return eventually('the guard is connected', () => guard.health()[0]!.connected, 20)
}

/** The server refuses the step; with a fault in the code it may take it. Returns whether it did. */
function tooEarly(step: Promise<unknown>): Promise<boolean> {
  return step.then(
    () => true,
    (error: unknown) => {
      if (error instanceof AdminRequestError && error.code === 'conflict') return false
      throw error
    },
  )
}

async function rotateKeys(cluster: Cluster): Promise<void> {
  const { one, other, call, anActor, requestToken, askAll, advance, holdKeysBack } = cluster
  const actor = await anActor('steady')
  const first = (await requestToken(one, actor))!
  await requestToken(other, actor)
  const stage = async (): Promise<string> => {
    const { key } = await call('signingKeys.stage', { params: inRealm, body: {} }, (output, at) => {
      return { step: 'key', key: output.key.keyId, state: 'staged', ...at }
    })
    return key.keyId
  }
  const step = (name: 'signingKeys.activate' | 'signingKeys.retire', key: string) =>
    call(name, { params: { ...inRealm, key }, ...(name === 'signingKeys.activate' && { body: {} }) } as never, (_, at) => {
      return { step: 'key', key, state: name === 'signingKeys.activate' ? 'active' : 'retired', ...at }
    })
  const bothSign = async () => void (await requestToken(other, actor), await requestToken(one, actor))
  const second = await stage()
  const isActive = await tooEarly(step('signingKeys.activate', second))
  await bothSign()
  await pause(1500)
  advance(80_000)
  if (!isActive) await step('signingKeys.activate', second)
  await bothSign()
  await askAll()
  await tooEarly(step('signingKeys.retire', first.key))
  await one.server.upkeep.rotateKeys()
  await pause(1500)
  await askAll()
  await stage()
  // The guard fetches the key set within two seconds, and then has what is older than the compromise.
  await pause(2100)
  await askAll()
  await pause(300)
  holdKeysBack(true)
  advance(80_000)
  const { key: signing } = (await requestToken(one, actor))!
  await call('signingKeys.compromise', { params: { ...inRealm, key: signing }, body: { reason: 'stolen' } }, (_, at) => {
    return { step: 'key', key: signing, state: 'compromised', ...at }
  })
  await bothSign()
  await pause(learnsWithin + 200)
  await askAll()
  holdKeysBack(false)
}

/** The second node loses the store, and the guard is connected to it; then the guard goes to the first node. */
async function cutOff(cluster: Cluster): Promise<void> {
  const { other, front, bases, call, anActor, requestToken, askAll, add, now } = cluster
  const [ended, kept] = [await anActor('cut-off'), await anActor('kept')]
  for (const actor of [ended, kept]) await requestToken(other, actor)
  await askAll()
  const places = ['node:1', 'guard:api'] as const
  const from = now()
  other.line.cut()
  for (const who of places) add({ step: 'cut', who, from, to: now() })
  await call('clients.update', { params: { ...inRealm, client: ended.clientId }, body: { enabled: false } }, revoked('client:cut-off'))
  await requestToken(other, ended) // Within its lease.
  await askAll()
  await pause(leaseAndSkew + 200)
  for (const actor of [ended, kept]) await requestToken(other, actor)
  await askAll()
  front.moveTo(bases[0]!)
  await connected(cluster)
  other.line.heal()
  for (const who of places) add({ step: 'joined', who, from: now(), to: now() })
  await pause(learnsWithin + 200)
  await askAll()
}

if (import.meta.main) {
  await runScenario(process.argv[2]!)
  process.exit()
}
