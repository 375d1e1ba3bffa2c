// An authorization server in memory that holds the secrets of one client and rotates them as the contract of
// /v1/me/secret-rotation says, on a clock that is moved by hand; and a client of it whose store survives its death.
import { createHandClock, type HandClock } from './clock.fixture.ts'
import { rotateSecret, type SecretRotationResult } from './rotate-secret.ts'
import type { RotationProgress, SecretRotationOptions, StoredSecrets } from './rotation-options.ts'
import { createFakeTokenEndpoint, oauthError, tokenUrl } from './token-endpoint.fixture.ts'

export const issuer = 'https://auth.example.com/realms/nt24-idp'
const rotationUrl = `${issuer}/v1/me/secret-rotation`
const quietMs = 300_000

interface HeldSecret {
  readonly id: string
  readonly text: string
  readonly createdAt: number
  firstUsedAt: number | undefined
  lastUsedAt: number | undefined
}

/** What a test sees of the server: `held` are its secrets, the newest first. */
export interface FakeRotationServer {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** `METHOD path` of every request, a token request as `token <secret>`. */
  readonly requests: string[]
  readonly held: HeldSecret[]
  windowEndsAt: number | undefined
  isDue: boolean
  tokenLifetimeSeconds: number
  /** Answers in place of the server; `undefined` lets the request pass. */
  intercept: (request: string) => Response | undefined
  /** Somebody else starts a rotation. @returns its new secret */
  readonly start: () => string
  readonly cancel: () => void
  /** Somebody gets a token with a secret. @returns whether it was good */
  readonly use: (secret: string) => boolean
}

export function createFakeRotationServer(clock: HandClock): FakeRotationServer {
  const endpoint = createFakeTokenEndpoint(clock)
  const tokens = new Map<string, number>()
  let issued = 0
  let startedAt: number | undefined
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
    held: [toSecret()],
    windowEndsAt: undefined,
    isDue: false,
    tokenLifetimeSeconds: 300,
    intercept: () => undefined,
    start: () => {
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
      const path = url.startsWith(rotationUrl) ? `${init.method} ${url.slice(rotationUrl.length)}`.trim() : undefined
      if (path === undefined) return endpoint.fetch(url, init)
      server.requests.push(path)
      return server.intercept(path) ?? answer(path, init)
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
    const expiresAt = tokens.get(new Headers(init.headers).get('authorization') ?? '')
    if (expiresAt === undefined || clock.now() >= expiresAt)
      return problem(401, 'expired-token', { 'www-authenticate': 'Bearer realm="nt24-idp", error="invalid_token"' })
    const [newer, older] = server.held
    if (request === 'GET') return document(200)
    if (request === 'POST') {
      if (older !== undefined) return problem(409, 'rotation-in-progress')
      const { window = 7 * 86_400 } = JSON.parse(String(init.body)) as { window?: number }
      server.windowEndsAt = clock.now() + window * 1000
      return document(201, { clientSecret: server.start() })
    }
    if (older === undefined) return problem(409, 'no-rotation')
    if (request === 'DELETE') {
      server.cancel()
      return document(200)
    }
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

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const type = `https://auth.example.com/problems/${code}`
  const body = { type, title: `Title of ${code}`, status, detail: `About ${code}.`, remedy: `Remedy of ${code}.` }
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json', ...headers } })
}

/** A client with one secret, good and stored. */
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
    /** Starts a run with what is stored, and leaves the clock alone. */
    begin: (options: Partial<SecretRotationOptions> = {}): Promise<SecretRotationResult> =>
      rotateSecret({
        issuer,
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
    /** Runs to the end, and moves the clock as long as that takes. */
    run: async (options?: Partial<SecretRotationOptions>): Promise<SecretRotationResult> => {
      const result = client.begin(options)
      const settled = Promise.allSettled([result])
      while ((await Promise.race([settled, clock.advance(1)])) === undefined);
      return result
    },
  }
  return client
}
