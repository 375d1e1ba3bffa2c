// Clients replace their own secrets, one rotation after the other, while their backends request fresh tokens all the time: no request
// may fail, and no node may accept an old secret after its rotation has ended.
import { createTokenProvider, rotateSecret, TokenRequestError, type StoredSecrets } from '@countersign/client'
import { quantile } from './quantile.ts'
import { inRealm, startServedNodes, type Credentials } from './served-nodes.ts'

export interface RotationOptions {
  readonly clients: number
  readonly rotationsPerClient: number
  /** Waits until the old secret counts as not in use, which takes a minute each time; otherwise an operator confirms immediately. */
  readonly waits: boolean
}

interface RotatingClient extends Credentials {
  /** The secrets that `save` has stored. */
  secrets: StoredSecrets
}

/**
 * A steady backend keeps its token provider, requests once a second, and remembers a rejected secret; the other is restarted for each
 * token.
 */
type BackendKind = 'steady' | 'restarted'
/** Milliseconds. */
const pauseOfRestarted = 100
const pauseOfRunning = 1000
const lifetimeSeconds = 5

export async function soakRotation({ clients: count, rotationsPerClient, waits }: RotationOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store: 'postgres', count: 3, realmSettings: `accessTokenLifetime: ${lifetimeSeconds}s` })
  const { nodes } = served
  const requests = { tokens: 0, api: 0 }
  const failures: Record<string, number> = {}
  const oldSecrets = { tried: 0, accepted: 0, notAnswered: 0 }
  const milliseconds: number[] = []
  const underWay: Promise<void>[] = []
  const end = new AbortController()
  let turn = 0
  try {
    const clients: RotatingClient[] = []
    for (let i = 0; i < count; i++) {
      const client = await served.aClient(`rotating-${i}`)
      clients.push({ ...client, secrets: [client.clientSecret] })
    }
    for (const client of clients) for (const kind of ['steady', 'restarted'] as const) underWay.push(runBackend(client, kind))
    await Promise.all(clients.map(rotateRepeatedly))
  } finally {
    end.abort()
    await Promise.all(underWay)
    await served.close()
  }
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(milliseconds, share))
  return {
    clients: count,
    rotations: milliseconds.length,
    tokenLifetimeSeconds: lifetimeSeconds,
    waits,
    requests,
    failedRequests: sum(failures),
    failures,
    oldSecretsAfterASecond: oldSecrets,
    milliseconds: { p50, p99, longest },
  }

  async function rotateRepeatedly(client: RotatingClient): Promise<void> {
    for (let rotation = 0; rotation < rotationsPerClient; rotation++) {
      const [old] = client.secrets
      const start = performance.now()
      const state = await rotate(client)
      if (state !== 'rotated' || client.secrets.length !== 1 || client.secrets[0] === old) throw new Error(`A rotation ended as "${state}"`)
      milliseconds.push(performance.now() - start)
      if (milliseconds.length % 10 === 0)
        say(
          `rotation: ${milliseconds.length} of ${count * rotationsPerClient}, ${requests.tokens} tokens, ${sum(failures)} failed requests, ${oldSecrets.accepted} old secrets accepted`,
        )
      await pause(1000)
      for (const { status } of await Promise.all(nodes.map((node) => node.requestToken({ ...client, clientSecret: old })))) {
        oldSecrets.tried++
        if (status === 200) oldSecrets.accepted++
        else if (status !== 401) oldSecrets.notAnswered++
      }
    }
  }

  async function rotate(client: RotatingClient): Promise<string> {
    const options = {
      ...connectionOf(client),
      rotationUrl: `${nodes[0]!.url}/soak/v1/me/secret-rotation`,
      save: (secrets: StoredSecrets) => void (client.secrets = secrets),
      wait: waits,
    }
    const { state } = await rotateSecret(options)
    if (waits || state !== 'overlapping') return state
    const params = { ...inRealm, client: client.clientId }
    await nodes[0]!.admin.call('rotation.confirm', { params, body: { force: true, reason: 'The test does not wait.' } })
    return (await rotateSecret(options)).state
  }

  async function runBackend(client: RotatingClient, kind: BackendKind): Promise<void> {
    const clock = createSkippingClock()
    let tokens = createTokenProvider({ ...connectionOf(client), clock })
    while (!end.signal.aborted) {
      const failure = await useOnce(tokens)
      if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1
      // After a failure a provider pauses, and would fail without a request.
      if (kind === 'restarted' || failure !== undefined) tokens = createTokenProvider({ ...connectionOf(client), clock })
      clock.skip(3_600_000) // Its token has expired: each use needs the secret.
      await pause(kind === 'restarted' ? pauseOfRestarted : pauseOfRunning)
    }
  }

  /** The failures, if any. */
  async function useOnce(tokens: ReturnType<typeof createTokenProvider>): Promise<string | undefined> {
    try {
      requests.tokens++
      const token = await tokens.getToken()
      requests.api++
      const { status } = await nodes[turn++ % nodes.length]!.me(token)
      return status === 200 ? undefined : `api ${status}`
    } catch (error) {
      if (error instanceof TokenRequestError) return `token ${error.code}`
      throw error
    }
  }

  function connectionOf(client: RotatingClient) {
    return {
      tokenUrl: `${nodes[0]!.url}/soak/token`,
      clientId: client.clientId,
      clientSecret: () => client.secrets,
      fetch: fetchFromNextNode,
    }
  }

  /** As a load balancer distributes requests. */
  function fetchFromNextNode(url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url)
    return fetch(nodes[turn++ % nodes.length]!.url + pathname, init)
  }
}

/** The clock of a backend whose tokens expire as often as it says. */
function createSkippingClock() {
  let skippedMs = 0
  return {
    now: () => performance.now() + skippedMs,
    startTimer: (callback: () => void, delayMs: number) => {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
    skip: (milliseconds: number) => void (skippedMs += milliseconds),
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, number) => total + number, 0)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
