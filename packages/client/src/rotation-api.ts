// The self-service of a client for its own secret, as the server has it under /v1/me/secret-rotation: four requests, and
// the document that each answers. What to do when is in rotate-secret.ts.
import { requestJson, type Fetch, type JsonResponse } from './json-request.ts'
import type { Settings } from './options.ts'
import { SecretRotationError } from './secret-rotation-error.ts'
import type { TokenProvider } from './token-provider.ts'
import { toPrintable } from './token-request.ts'
import { TokenRequestError } from './token-request-error.ts'
import { withBearer } from './with-bearer.ts'

/** One secret, without itself. */
export interface RotatingSecret {
  readonly id: string
  readonly lastFour: string
  readonly createdAt: string
  readonly state: 'current' | 'new' | 'old'
}

/** What this side reads of the rotation document. Instants are of ISO 8601, on the clock of the server. */
export interface Rotation {
  readonly state: 'stable' | 'issued' | 'overlapping'
  readonly secrets: readonly RotatingSecret[]
  readonly startedAt: string | null
  readonly windowEndsAt: string | null
  readonly oldSecretLastUsedAt: string | null
  readonly confirmableAt: string | null
  readonly due: { readonly isDue: boolean }
}

/** A rotation as it was at one moment of the server's clock (milliseconds since the epoch). */
export interface RotationAt {
  readonly rotation: Rotation
  readonly serverTime: number
}

export interface RotationApi {
  readonly read: () => Promise<RotationAt>
  /** `clientSecret` is null where the server has shown it before. */
  readonly start: (windowSeconds: number | undefined) => Promise<RotationAt & { readonly clientSecret: string | null }>
  readonly confirm: () => Promise<RotationAt>
  readonly cancel: () => Promise<RotationAt>
}

interface Caller {
  readonly settings: Settings
  readonly rotationUrl: string
  readonly tokens: TokenProvider
  /** All that must not be shown, should the server echo it. */
  readonly secretsInUse: readonly string[]
}

/** Each call throws a SecretRotationError where the server refuses, a TokenRequestError where there is no token. */
export function createRotationApi({ settings, rotationUrl, tokens, secretsInUse }: Caller): RotationApi {
  const ownFetch: Fetch = settings.fetch
  const fetch = withBearer(ownFetch as typeof globalThis.fetch, tokens, { origins: [new URL(rotationUrl).origin] })
  const http = { fetch: (url: string, init: RequestInit) => fetch(url, init), clock: settings.clock }

  async function call(method: string, path = '', headers: Record<string, string> = {}, body?: object): Promise<JsonResponse> {
    await tokens.getToken() // Now, so that its failure is not taken for one of the rotation.
    const url = `${rotationUrl}${path}`
    const response = await exchange(url, {
      method,
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (response.status >= 200 && response.status <= 299) return response
    throw toError(url, response)
  }

  async function exchange(url: string, init: RequestInit): Promise<JsonResponse> {
    try {
      return await requestJson(http, url, init)
    } catch (error) {
      if (!(error instanceof TokenRequestError)) throw error
      throw new SecretRotationError({ code: error.code, summary: error.message, status: error.status })
    }
  }

  function toError(url: string, { status, body }: JsonResponse): SecretRotationError {
    const { type, title, detail, remedy } = (isObject(body) ? body : {}) as Record<string, unknown>
    const read = (text: unknown) => toPrintable(text, { clientId: settings.clientId, secretsInUse })
    const problemUri = read(type)
    const code = /\/problems\/([a-z-]{1,60})$/.exec(problemUri ?? '')?.[1]
    const said = read(detail) ?? read(title)
    return new SecretRotationError({
      code: code ?? (status === 404 ? 'not-found' : 'invalid_response'),
      summary: `"${url}" returned an error: ${code ?? `HTTP ${status}`}.${said === undefined ? '' : ` ${said}`}`,
      status,
      remedy: status === 404 ? undefined : read(remedy),
      problemUri,
    })
  }

  return {
    read: async () => toRotation(rotationUrl, await call('GET')),
    start: async (window) => {
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const response = await call('POST', '', headers, window === undefined ? {} : { window })
      const started = toRotation(rotationUrl, response)
      const { clientSecret } = response.body as Record<string, unknown>
      return { ...started, clientSecret: typeof clientSecret === 'string' && clientSecret !== '' ? clientSecret : null }
    },
    confirm: async () => toRotation(rotationUrl, await call('POST', '/confirm', {}, {})),
    cancel: async () => toRotation(rotationUrl, await call('DELETE')),
  }
}

function toRotation(url: string, { body, serverTime, status }: JsonResponse): RotationAt {
  if (isRotation(body)) return { rotation: body, serverTime }
  const summary = `"${url}" did not return a rotation status document.`
  throw new SecretRotationError({ code: 'invalid_response', summary, status })
}

function isRotation(body: unknown): body is Rotation {
  const { state, secrets, due } = (isObject(body) ? body : {}) as Record<string, unknown>
  return (
    (state === 'stable' || state === 'issued' || state === 'overlapping') &&
    Array.isArray(secrets) &&
    secrets.every((one) => isObject(one) && 'id' in one && typeof one.lastFour === 'string' && typeof one.state === 'string') &&
    isObject(due)
  )
}

function isObject(value: unknown): value is object & Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
