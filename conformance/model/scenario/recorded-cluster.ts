// Two nodes on one PostgreSQL with a guard in front of an API, of which everything that is seen from outside is recorded. The clocks of the
// nodes, of the guard and of the recording are one, which can be moved ahead.
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'
import { createRemoteGuard, param, type RemoteGuard } from '@countersign/guard'
import { startNodes, type Credentials, type Node } from '@countersign/server/nodes/nodes.fixture'
import { openLine } from '@countersign/server/store/line.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { injectRequest } from '@countersign/server/inject.fixture'
import type { Interval, Place, Recording, Step, Subject } from '../steps.ts'

export const realm = 'prod'
export const inRealm = { realm } as const
export const partner = '7d0d47e2-3f14-4f6a-9d2e-5f4b1a1c0a01'

export interface Actor extends Credentials {
  readonly name: string
  readonly secretId: string
}

export interface IssuedToken {
  readonly id: string
  readonly text: string
  readonly key: string
  readonly actor: Actor
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>

/** @param stop collects what has to be closed, the last first */
export async function startCluster(recording: Pick<Recording, 'add'>, closing: (() => unknown)[]) {
  let passed = 0
  const now = () => Date.now() + passed
  const front = await openLine('http://127.0.0.1:1')
  closing.push(() => front.close())
  const { origin } = new URL(front.url)
  const settings = `publicUrl: ${origin}\nlease: 5s`
  const ofRealm = () => ', signingAlgorithm: ES256, accessTokenLifetime: 1h, signingKeys: { rotateEvery: none, publishBefore: 60s }'
  const t = { after: (close: () => unknown) => void closing.push(close) }
  const { nodes, aClient } = await startNodes(t as never, 2, { settings, ofRealm, clockOf: () => now, systemClockOf: () => Date.now })
  const [one, other] = nodes as [Node, Node]
  const bases = await Promise.all(nodes.map(({ server }) => server.app.listen({ host: '127.0.0.1', port: 0 })))
  const placeOf = (node: Node): Place => `node:${nodes.indexOf(node)}`
  const tokens = new Map<string, IssuedToken>()

  /**
   * Records what is made of the answer, with the time from before the question to after the answer. What comes next is in a later
   * millisecond, so that the order of the two is seen.
   */
  async function timed<Answer>(ask: () => Promise<Answer>, describe: (answer: Answer, at: Interval) => Step | readonly Step[] | undefined) {
    const from = now()
    const answer = await ask()
    const to = now()
    const found = describe(answer, { from, to })
    for (const step of [found ?? []].flat()) recording.add(step as Step)
    while (now() <= to) await turn()
    return answer
  }

  function call<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
    describe: (output: OperationOutput<Name>, at: Interval) => Step | readonly Step[] | undefined = () => undefined,
  ): Promise<OperationOutput<Name>> {
    return timed(() => one.admin.call(name, input as never, { ifMatch: '*' } as never) as Promise<OperationOutput<Name>>, describe)
  }

  /** With an organization of its own. */
  async function anActor(name: string, more: { readonly scopes?: string[] } = {}): Promise<Actor> {
    const { client } = await aClient(name, one, more)
    return introduce(name, client)
  }

  /** A client of an organization that there is, with an id that there was. */
  async function again(name: string, clientId: string, organization: string): Promise<Actor> {
    const { clientSecret } = await one.admin.call('clients.create', { params: inRealm, body: { clientId, organization, name } })
    return introduce(name, { clientId, clientSecret: clientSecret! })
  }

  async function introduce(name: string, client: Credentials): Promise<Actor> {
    const { secrets } = await one.admin.call('rotation.get', { params: { ...inRealm, client: client.clientId } })
    const secretId = secrets[0]!.id
    recording.add({ step: 'begun', subject: `secret:${secretId}`, client: name, from: now(), to: now() })
    return { ...client, name, secretId }
  }

  const restsOf = ({ name, secretId }: Actor): Subject[] => [`secret:${secretId}`, `client:${name}`, `organization:${name}`, `cut:${name}`]

  async function requestToken(node: Node, actor: Actor): Promise<IssuedToken | undefined> {
    const by = placeOf(node)
    let issued: IssuedToken | undefined
    await timed(
      () => node.requestToken(actor),
      ({ status, json }, at) => {
        if (status === 401) return { step: 'denied', by, rests: restsOf(actor), ...at }
        if (isUnavailable(status)) return undefined
        assert.equal(status, 200, JSON.stringify(json))
        const text = String(json['access_token'])
        const { kid, jti, exp } = readToken(text)
        issued = { id: jti, text, key: kid, actor }
        return { step: 'issued', by, token: jti, key: kid, rests: restsOf(actor), expiresAt: exp * 1000, ...at }
      },
    )
    if (issued) tokens.set(issued.id, issued)
    return issued
  }

  let isHeldBack = false
  let keySet = ''
  /** As through a proxy that keeps the key set. */
  async function fetchThroughCache(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (!String(input).endsWith('/jwks.json')) return fetch(input, init)
    if (!isHeldBack) keySet = await (await fetch(input, init)).text()
    return new Response(keySet, { headers: { 'content-type': 'application/json' } })
  }

  const reader = await anActor('reader', { scopes: ['entitlements:read'] })
  front.moveTo(bases[1]!)
  const guard = createRemoteGuard({
    issuer: `${origin}/prod`,
    realm,
    audience: 'api',
    credentials: reader,
    clock: now,
    feed: true,
    fetch: fetchThroughCache,
    entitlementSeconds: 1,
    staleIfErrorSeconds: 5,
  })
  closing.push(() => guard.close())
  // On a busy machine a node may be told to read the log, and not get it in time.
  await eventually('the guard is ready', () =>
    guard.ready().then(
      () => true,
      () => false,
    ),
  )
  await eventually('the guard is connected', () => guard.health()[0]!.connected)

  function decideByGuard({ id, text, actor }: IssuedToken, needsPartner: boolean) {
    const request = { rawHeaders: ['Authorization', `Bearer ${text}`], params: { partner } }
    const requirement = needsPartner ? { partner: param('partner'), dpa: 'any' as const } : { dpa: 'any' as const }
    return timed(
      () => guard.authorize(request, requirement),
      (verdict, at) => ({
        step: 'decided',
        by: 'guard:api',
        token: id,
        outcome: verdict.allowed ? 'accepted' : outcomeOf(verdict.code),
        rests: [`organization:${actor.name}`, ...(needsPartner ? ([`right:${actor.name}/partner`] as const) : [])],
        ...(!verdict.allowed && { why: verdict.code }),
        ...at,
      }),
    )
  }

  function decideByNode(node: Node, { id, text }: IssuedToken) {
    return timed(
      () => node.me(text),
      ({ status, json }, at) => {
        assert.ok([200, 401, 403].includes(status) || isUnavailable(status), JSON.stringify(json))
        const outcome = status === 200 ? 'accepted' : isUnavailable(status) ? 'unavailable' : 'refused'
        return { step: 'decided', by: placeOf(node), token: id, outcome, why: String(json['type'] ?? status), ...at }
      },
    )
  }

  function readKeys(node: Node) {
    return timed(
      () => injectRequest(node.server.app, { url: '/prod/.well-known/jwks.json' }),
      ({ statusCode, body }, at) => {
        if (isUnavailable(statusCode)) return undefined
        assert.equal(statusCode, 200, body)
        const { keys } = JSON.parse(body) as { keys: { kid: string }[] }
        return { step: 'published', by: placeOf(node), keys: keys.map(({ kid }) => kid), ...at }
      },
    )
  }

  function seeRevision(health = guard.health()[0]!) {
    if (health.revision !== null) recording.add({ step: 'seen', by: 'guard:api', revision: health.revision, from: now(), to: now() })
  }

  /** Asks everything about every token. */
  async function askAll(): Promise<void> {
    await Promise.all(nodes.map(readKeys))
    for (const token of tokens.values()) {
      await decideByGuard(token, false)
      await decideByGuard(token, true)
      for (const node of nodes) await decideByNode(node, token)
    }
    seeRevision()
  }

  return {
    one,
    other,
    guard: guard as Pick<RemoteGuard, 'health'>,
    front,
    bases,
    now,
    advance: (milliseconds: number) => void (passed += milliseconds),
    add: (step: Step) => recording.add(step),
    call,
    holdKeysBack: (is: boolean) => void (isHeldBack = is),
    anActor,
    again,
    requestToken,
    decideByGuard,
    readKeys,
    askAll,
    timed,
    forget: ({ id }: IssuedToken) => void tokens.delete(id),
  }
}

/** As a node is that is cut off. Every other failure ends the scenario, because what it did not do it does not show. */
function isUnavailable(status: number): boolean {
  return status === 503
}

function outcomeOf(code: string): 'refused' | 'unavailable' {
  assert.notEqual(code, 'internal-error')
  return code === 'temporarily-unavailable' ? 'unavailable' : 'refused'
}

function readToken(text: string) {
  const [header, payload] = text.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown)
  return { ...(header as { kid: string }), ...(payload as { jti: string; exp: number }) }
}
