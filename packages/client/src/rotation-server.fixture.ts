// An authorization server in memory that holds the secrets of one client and rotates them by the contract of /v1/me/secret-rotation,
// on a clock that is moved by hand; and a client of it whose store survives a kill.
import { parseBasic } from '@countersign/protocol'
import { createHandClock, type HandClock } from './clock.fixture.ts'
import { rotateSecret, type SecretRotationResult } from './rotate-secret.ts'
import type { RotationProgress, SecretRotationOptions, StoredSecrets } from './rotation-options.ts'
import { createFakeTokenEndpoint, oauthError, tokenUrl } from './token-endpoint.fixture.ts'

export const issuer = 'https://auth.example.com/realms/nt24-idp'
const rotationUrl = `${issuer}/v1/me/secret-rotation`
/** The path for the clients of all realms. */
const rootUrl = 'https://auth.example.com/v1/me/secret-rotation'
const quietMs = 300_000

interface HeldSecret {
  readonly id: string
  readonly text: string
  readonly createdAt: number
  firstUsedAt: number | undefined
  lastUsedAt: number | undefined
}

/** The server as a test sees it: `held` are its secrets, newest first. */
export interface FakeRotationServer {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** `METHOD path` of every request, a token request as `token <secret>`. */
  readonly requests: string[]
  /** The URL and the Authorization header or the form of every change. */
  readonly changes: { readonly url: string; readonly authorization: string | null; readonly form: string }[]
  /** Returned instead of the path of the realm, when it is read for all realms. */
  contentLocation: string
  readonly held: HeldSecret[]
  windowEndsAt: number | undefined
  isDue: boolean
  tokenLifetimeSeconds: number
  /** Answers instead of the server; `undefined` lets the request pass. */
  intercept: (request: string) => Response | undefined
  /** The operator or another run of the client starts a rotation. @returns its new secret */
  readonly start: (by?: 'client' | 'operator') => string
  readonly cancel: () => void
  /** Another process gets a token with a secret. @returns whether the secret was valid */
  readonly use: (secret: string) => boolean
}

export function createFakeRotationServer(clock: HandClock): FakeRotationServer {
  const endpoint = createFakeTokenEndpoint(clock)
  const tokens = new Map<string, number>()
  let issued = 0
  let startedAt: number | undefined
  let startedBy: 'client' | 'operator' = 'operator'
  const toSecret = (): HeldSecret => {
    issued += 1
    return {
      id: `id-${issued}`,
      text: `secret-${issued}-${1000 + issued}`,
      createdAt: clock.now(),
      firstUsedAt: undefined,
      lastUsedAt: undefined,
    }
  }
  const server: FakeRotationServer = {
    requests: [],
    changes: [],
    contentLocation: new URL(rotationUrl).pathname,
    held: [toSecret()],
    windowEndsAt: undefined,
    isDue: false,
    tokenLifetimeSeconds: 300,
    intercept: () => undefined,
    start: (by = 'operator') => {
      startedBy = by
      const secret = toSecret()
      server.held.unshift(secret)
      startedAt = clock.now()
      server.windowEndsAt ??= clock.now() + 7 * 86_400_000
      return secret.text
    },
    cancel: () => void server.held.shift(),
    use: (secret) => {
      endWindow()
      const found = server.held.find(({ text }) => text === secret)
      if (found === undefined) return false
      found.lastUsedAt = clock.now()
      found.firstUsedAt ??= clock.now()
      return true
    },
    fetch: async (url, init) => {
      const base = [rotationUrl, rootUrl].find((one) => url.startsWith(one))
      if (base === undefined) return endpoint.fetch(url, init)
      const path = `${init.method} ${url.slice(base.length)}`.trim()
      server.requests.push(path)
      const isChange = path !== 'GET'
      const authorization = new Headers(init.headers).get('authorization')
      if (isChange) server.changes.push({ url, authorization, form: String(init.body ?? '') })
      const intercepted = server.intercept(path)
      if (intercepted) return intercepted
      if (isChange && base === rootUrl) return problem(405, 'no-self-service-here')
      const answered = answer(path, init)
      if (!isChange && base === rootUrl) answered.headers.set('content-location', server.contentLocation)
      return answered
    },
  }
  endpoint.answer = ({ url, secret = '' }) => {
    if (url.endsWith('openid-configuration')) return Response.json({ issuer, token_endpoint: tokenUrl })
    server.requests.push(`token ${secret}`)
    const intercepted = server.intercept(`token ${secret}`)
    if (intercepted !== undefined) return intercepted
    if (!server.use(secret)) return oauthError(401, 'invalid_client')
    endpoint.expiresIn = server.tokenLifetimeSeconds
    tokens.set(`Bearer token-${tokens.size + 1}`, clock.now() + server.tokenLifetimeSeconds * 1000)
    return endpoint.issue()
  }

  function endWindow(): void {
    if (server.held.length < 2) server.windowEndsAt = startedAt = undefined
    else if (clock.now() >= (server.windowEndsAt ?? 0)) server.held.pop()
  }

  function answer(request: string, init: RequestInit): Response {
    endWindow()
    const authorization = new Headers(init.headers).get('authorization') ?? ''
    if (request === 'GET') {
      const expiresAt = tokens.get(authorization)
      if (expiresAt !== undefined && clock.now() < expiresAt) return document(200)
      return problem(401, 'expired-token', { 'www-authenticate': 'Bearer realm="nt24-idp", error="invalid_token"' })
    }
    const form = new URLSearchParams(String(init.body ?? ''))
    const secret = authorization === '' ? form.get('client_secret') : secretOf(authorization)
    const [newer, older] = server.held
    if (request === 'DELETE' ? !server.held.some(({ text }) => text === secret) : !server.use(secret ?? ''))
      return problem(401, 'invalid-client')
    if (request === 'POST') {
      if (older !== undefined) return problem(409, 'rotation-in-progress')
      server.windowEndsAt = clock.now() + Number(form.get('window') ?? 7 * 86_400) * 1000
      return document(201, { clientSecret: server.start('client') })
    }
    if (older === undefined) return problem(409, 'no-rotation')
    if (request === 'DELETE') {
      if (startedBy === 'operator') return problem(409, 'rotation-of-the-operator')
      server.cancel()
      return document(200)
    }
    if (secret === older.text) return problem(409, 'new-secret-required')
    if (newer?.firstUsedAt === undefined) return problem(409, 'new-secret-unproven')
    if (clock.now() < (older.lastUsedAt ?? -Infinity) + quietMs) return problem(409, 'old-secret-in-use')
    server.held.pop()
    return document(200)
  }

  function document(status: number, further: object = {}): Response {
    endWindow()
    const [newer, older] = server.held
    const at = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString())
    const secrets = server.held.map(({ id, text, createdAt, firstUsedAt, lastUsedAt }, index) => ({
      id,
      lastFour: text.slice(-4),
      createdAt: at(createdAt),
      firstUsedAt: at(firstUsedAt),
      lastUsedAt: at(lastUsedAt),
      expiresAt: null,
      state: older === undefined ? 'current' : index === 0 ? 'new' : 'old',
    }))
    const rotation = {
      client: 'api-client-acme',
      state: older === undefined ? 'stable' : newer?.firstUsedAt === undefined ? 'issued' : 'overlapping',
      secrets,
      startedAt: at(older && startedAt),
      startedBy: older ? startedBy : null,
      windowEndsAt: at(older && server.windowEndsAt),
      maxWindowEndsAt: at(older && server.windowEndsAt),
      oldSecretLastUsedAt: at(older?.lastUsedAt),
      confirmableAt: at(
        older && newer?.firstUsedAt !== undefined ? Math.max((older.lastUsedAt ?? 0) + quietMs, newer.firstUsedAt) : undefined,
      ),
      due: { remindAt: at(clock.now()), isDue: server.isDue },
      ...further,
    }
    return Response.json(rotation, { status, headers: { date: new Date(clock.now()).toUTCString() } })
  }
  return server
}

function secretOf(authorization: string): string | undefined {
  return authorization.startsWith('Basic ') ? parseBasic(authorization).clientSecret : undefined
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const type = `https://auth.example.com/problems/${code}`
  const body = { type, title: `Title of ${code}`, status, detail: `About ${code}.`, remedy: `Remedy of ${code}.` }
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } })
}

/** A client with one valid, stored secret. */
export function createRotatingClient() {
  const clock = createHandClock()
  const server = createFakeRotationServer(clock)
  const progress: RotationProgress[] = []
  const client = {
    clock,
    server,
    progress,
    stored: server.held.map(({ text }) => text) as readonly string[],
    saves: [] as (readonly string[])[],
    steps: () => progress.map(({ step }) => step),
    /** Starts a run with the stored secrets, without moving the clock. */
    begin: (options: Partial<SecretRotationOptions> = {}): Promise<SecretRotationResult> =>
      rotateSecret({
        ...('tokenUrl' in options ? {} : { issuer }),
        clientId: 'api-client-acme',
        clientSecret: () => client.stored,
        save: (secrets: StoredSecrets) => {
          client.stored = secrets
          client.saves.push(secrets)
        },
        fetch: server.fetch,
        clock,
        onProgress: (step: RotationProgress) => void progress.push(step),
        ...options,
      } as SecretRotationOptions),
    /** Runs to the end, moving the clock as needed. */
    run: async (options?: Partial<SecretRotationOptions>): Promise<SecretRotationResult> => {
      const result = client.begin(options)
      const settled = Promise.allSettled([result])
      while ((await Promise.race([settled, clock.advance(1)])) === undefined);
      return result
    },
  }
  return client
}
