// The self-service API for a client's own secret at /v1/me/secret-rotation: one request that reads by a token, three that change by a
// secret, and the document that each returns. The order of the steps is in rotate-secret.ts.
import { parseSafeUrl } from '@countersign/protocol'
import { hasEchoOf, writeSecret } from './client-credentials.ts'
import type { Fetch } from './exchange.ts'
import { requestJson, type JsonResponse } from './json-request.ts'
import type { Settings } from './options.ts'
import { toPrintable } from './printable.ts'
import { SecretRotationError } from './secret-rotation-error.ts'
import type { TokenProvider } from './token-provider.ts'
import { TokenRequestError } from './token-request-error.ts'
import { withBearer } from './with-bearer.ts'

/** Metadata of one secret, without the secret itself. */
export interface RotatingSecret {
  readonly id: string
  readonly lastFour: string
  readonly createdAt: string
  readonly state: 'current' | 'new' | 'old'
}

/** The members of the rotation document that are used here. Instants are ISO 8601, on the clock of the server. */
export interface Rotation {
  readonly state: 'stable' | 'issued' | 'overlapping'
  readonly secrets: readonly RotatingSecret[]
  readonly startedAt: string | null
  readonly startedBy: 'client' | 'operator' | null
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
  /** `clientSecret` is null if the server has shown it before. */
  readonly start: (windowSeconds: number | undefined) => Promise<RotationAt & { readonly clientSecret: string | null }>
  readonly confirm: () => Promise<RotationAt>
  readonly cancel: () => Promise<RotationAt>
}

/** The URL of the changes, once it is known: the path for all realms names that of the realm. */
export interface RotationPlace {
  readonly rotationUrl: string
  changesUrl: string
}

interface Caller {
  readonly settings: Settings
  readonly place: RotationPlace
  /** Provides the token for reading. */
  readonly tokens: TokenProvider
  /** The credentials for changes. */
  readonly secret: string
  /** All secrets that must not appear in an error if the server echoes them. */
  readonly secretsInUse: readonly string[]
}

/** Each call throws a SecretRotationError for an error response, a TokenRequestError if there is no token. */
export function createRotationApi({ settings, place, tokens, secret, secretsInUse }: Caller): RotationApi {
  const { rotationUrl } = place
  const isEchoedIn = hasEchoOf(settings.clientId, secretsInUse)
  const ownFetch: Fetch = settings.fetch
  const fetchByToken = withBearer(ownFetch as typeof globalThis.fetch, tokens, { origins: [new URL(rotationUrl).origin] })

  async function read(): Promise<RotationAt> {
    await tokens.getToken() // Requested first, so that its failure is not reported as one of the rotation.
    const response = await exchange((url, init) => fetchByToken(url, init), rotationUrl, {
      method: 'GET',
      headers: { accept: 'application/json' },
    })
    const rotation = toRotation(rotationUrl, response)
    place.changesUrl = readPlaceOfChanges(place, response)
    return rotation
  }

  async function change(method: 'POST' | 'DELETE', path: '' | '/confirm', window?: number, idempotencyKey?: string): Promise<JsonResponse> {
    const { clientId, clientAuthentication } = settings
    const headers = new Headers({ accept: 'application/json' })
    const form = new URLSearchParams()
    writeSecret({ clientId, clientSecret: secret }, clientAuthentication, form, headers)
    if (window !== undefined) form.set('window', String(window))
    if (form.size > 0) headers.set('content-type', 'application/x-www-form-urlencoded')
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
    const url = `${place.changesUrl}${path}`
    try {
      return await exchange(ownFetch, url, { method, headers, ...(form.size > 0 && { body: form.toString() }) })
    } catch (error) {
      throw isOfTokens(error) ? new SecretRotationError({ code: 'server-too-old', summary: `"${url}" takes tokens alone.` }) : error
    }
  }

  async function exchange(fetch: Fetch, url: string, init: RequestInit): Promise<JsonResponse> {
    const response = await answerOf(fetch, url, init)
    if (response.status >= 200 && response.status <= 299) return response
    throw toError(url, response)
  }

  async function answerOf(fetch: Fetch, url: string, init: RequestInit): Promise<JsonResponse> {
    try {
      return await requestJson({ fetch, clock: settings.clock }, url, init)
    } catch (error) {
      if (!(error instanceof TokenRequestError)) throw error
      throw new SecretRotationError({
        code: error.code,
        summary: error.message,
        status: error.status,
        retryAfterSeconds: error.retryAfterSeconds,
      })
    }
  }

  function toError(url: string, { status, body, retryAfterSeconds }: JsonResponse): SecretRotationError {
    const { type, title, detail, remedy } = (isObject(body) ? body : {}) as Record<string, unknown>
    const read = (text: unknown) => toPrintable(text, isEchoedIn)
    const problemUri = read(type)
    const code = /\/problems\/([a-z-]{1,60})$/.exec(problemUri ?? '')?.[1]
    const said = read(detail) ?? read(title)
    return new SecretRotationError({
      code: code ?? (status === 404 ? 'not-found' : 'invalid_response'),
      summary: `"${url}" returned an error: ${code ?? `HTTP ${status}`}.${said === undefined ? '' : ` ${said}`}`,
      status,
      remedy: status === 404 ? undefined : read(remedy),
      problemUri,
      retryAfterSeconds,
    })
  }

  return {
    read,
    start: async (window) => {
      const response = await change('POST', '', window, crypto.randomUUID())
      const { clientSecret } = response.body as Record<string, unknown>
      return {
        ...toRotation(place.changesUrl, response),
        clientSecret: typeof clientSecret === 'string' && clientSecret !== '' ? clientSecret : null,
      }
    },
    confirm: async () => toRotation(place.changesUrl, await change('POST', '/confirm')),
    cancel: async () => toRotation(place.changesUrl, await change('DELETE', '')),
  }
}

/**
 * The path for all realms names the path of this realm. A secret is sent there, so it is followed only on the same origin as the
 * request.
 */
function readPlaceOfChanges({ rotationUrl, changesUrl }: RotationPlace, { contentLocation }: JsonResponse): string {
  if (contentLocation === undefined || !URL.canParse(contentLocation, rotationUrl)) return changesUrl
  const { href, origin } = new URL(contentLocation, rotationUrl)
  const isSafe = origin === new URL(rotationUrl).origin && parseSafeUrl(href) !== undefined && !/[?#]/.test(href)
  return isSafe ? href : changesUrl
}

/** In version 0.1.0 the changes are behind a guard, which requires a token. */
function isOfTokens(error: unknown): boolean {
  return error instanceof SecretRotationError && (error.code === 'missing-token' || error.code === 'malformed-authorization')
}

function toRotation(url: string, { body, serverTime, status }: JsonResponse): RotationAt {
  if (isRotation(body)) return { rotation: body, serverTime: serverTime ?? Date.now() }
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
