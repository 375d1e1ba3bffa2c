// A realm behind a server that listens, with a feed: what it is asked is counted, and a test says what it sends, and when its connections end.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { ChangesDocument } from '@countersign/protocol'
import { aClock, aSigningKey, audience, keycloakClaims, signToken, type SigningKey } from './guard.fixture.ts'
import { aRemoteServerOf, type RemoteRealm } from './remote.fixture.ts'
import { createRemoteGuard, type RemoteGuardOptions } from './remote-guard.ts'

export interface FeedServer {
  readonly issuer: string
  readonly realm: RemoteRealm
  /** Open connections to the feed. */
  readonly streams: readonly TestStream[]
  /** Replaces the answers to requests for the feed. */
  answerFeed: (request: IncomingMessage, response: ServerResponse) => unknown
  /** Sends what changed since the last event, or since what the guard knew, on each connection. */
  sendChanges(): void
  /** The requests since the last call of `requests()`, without those for tokens and metadata. */
  readonly asked: readonly string[]
  requests(): string[]
  /** Of the requests for the feed, oldest first. */
  readonly feedHeaders: readonly IncomingMessage['headers'][]
  publish(...keys: readonly SigningKey[]): void
}

export interface TestStream {
  cursor: string | undefined
  send(text: string): void
  end(): void
  cut(): void
}

const feedHead = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }

export async function aFeedServer(t: TestContext, key: SigningKey, now: () => number): Promise<FeedServer> {
  const streams: TestStream[] = []
  const feedHeaders: IncomingMessage['headers'][] = []
  let requests: string[] = []
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}/realms/nt24-idp`
  const remote = aRemoteServerOf(issuer, [key])
  const path = (url: string) => url.slice('/realms/nt24-idp/'.length)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url!
    const isFeed = request.headers.accept === 'text/event-stream'
    if (!/token$|openid-configuration$/.test(url)) requests.push(isFeed ? 'feed' : path(url))
    if (isFeed) {
      feedHeaders.push(request.headers)
      return void found.answerFeed(request, response)
    }
    const answered = await remote.fetch(origin + url, { method: request.method!, ...(request.method === 'POST' && { body: '' }) })
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(Buffer.from(await answered.arrayBuffer()))
  }

  async function sendTo(stream: TestStream): Promise<void> {
    const query = stream.cursor === undefined ? '' : `?${new URLSearchParams({ after: stream.cursor }).toString()}`
    const answered = await remote.realm.answerChanges(new Request(`${issuer}/v1/changes${query}`))
    const { cursor, ...told } = (await answered.json()) as ChangesDocument
    stream.cursor = cursor
    stream.send(`event: changes\nid: ${cursor}\ndata: ${JSON.stringify({ ...told, sentAt: now() })}\n\n`)
  }

  const found: FeedServer = {
    issuer,
    realm: remote.realm,
    streams,
    feedHeaders,
    answerFeed(request, response) {
      const stream: TestStream = {
        cursor: request.headers['last-event-id'] as string | undefined,
        send: (text) => void response.write(text),
        end: () => void response.end(),
        cut: () => void request.socket.destroy(),
      }
      response.writeHead(200, feedHead).flushHeaders()
      streams.push(stream)
      response.on('close', () => streams.splice(streams.indexOf(stream), 1))
      return sendTo(stream)
    },
    sendChanges: () => streams.forEach((stream) => void sendTo(stream)),
    get asked() {
      return requests
    },
    requests() {
      const since = requests
      requests = []
      return since
    },
    publish: (...keys) =>
      remote.answer(`${issuer}/protocol/openid-connect/certs`, () => Response.json({ keys: keys.map(({ jwk }) => jwk) })),
  }
  return found
}

/** A guard in front of such a server. Its clock stands still unless the test moves it; the connection has real time limits. */
export async function aGuardWithFeed(t: TestContext, options: Partial<RemoteGuardOptions> = {}) {
  const key = aSigningKey('ES256', 'key-1')
  const clock = aClock()
  const server = await aFeedServer(t, key, clock.now)
  const alarms: Error[] = []
  const guard = createRemoteGuard({
    issuer: server.issuer,
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience,
    credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
    clock: clock.now,
    random: () => 0,
    onError: (error) => alarms.push(error),
    clockSkewSeconds: 60,
    reports: false,
    ...options,
  })
  t.after(() => guard.close())
  const sign = (claims: Readonly<Record<string, unknown>> = {}, by = key) =>
    signToken(
      by,
      { alg: 'ES256', typ: 'JWT', kid: by.kid },
      keycloakClaims({ iss: server.issuer, exp: Math.floor(clock.now() / 1000) + 86_400, ...claims }),
    )
  /** The code of the denial of a token with these claims; `undefined` if it is accepted. */
  const codeOf = async (claims: Readonly<Record<string, unknown>> = {}, by = key) => codeOfToken(sign(claims, by))
  const codeOfToken = async (token: string) => {
    const verdict = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, {})
    return verdict.allowed ? undefined : verdict.code
  }
  const health = () => guard.health()[0]!
  const connected = () => until(() => health().connected)
  /** Sends what changed, and waits until the guard knows. */
  const tell = async () => {
    server.sendChanges()
    await until(() => health().revision === server.realm.asOf.revision)
  }
  return { alarms, clock, codeOf, codeOfToken, connected, guard, health, key, server, sign, tell }
}

/** Turns of the event loop until it holds; the time limit is that of the test. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
