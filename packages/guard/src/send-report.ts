// Sends one report, and says what its answer means for the next one.
import { TokenRequestError } from '@countersign/client'
import { exchangeJson } from '@countersign/client/exchange'
import type { Fetch } from './fetch-json.ts'
import { guardVersion } from './guard-version.ts'
import { RemoteGuardError, toRemoteGuardError } from './remote-guard-error.ts'
import { startUnrefTimer } from './unref-timer.ts'

/**
 * `rejected`: no repetition will help. `forbidden`: the client of the guard may not report. `absent`: the server has no place for reports.
 * `failed`: may be repeated.
 */
export type SendOutcome =
  | { readonly kind: 'accepted' | 'absent' }
  | { readonly kind: 'rejected' | 'forbidden' | 'failed'; readonly error: RemoteGuardError }

export type SendReport = (body: Uint8Array<ArrayBuffer>, timeLimitMs: number) => Promise<SendOutcome>

export interface ReportSenderOptions {
  readonly issuer: string
  readonly realm: string
  readonly clientId: string
  /** Adds a token with the scope `decisions:write`. */
  readonly fetch: Fetch
}

const maxBytes = 64 * 1024
const unrefClock = { now: () => performance.now(), startTimer: startUnrefTimer }
/** Statuses of the 4xx that say nothing about the report itself. */
const passing = new Set([408, 425, 429])

/** The returned function never rejects. */
export function createReportSender({ issuer, realm, clientId, fetch }: ReportSenderOptions): SendReport {
  const url = `${issuer}/v1/decisions`
  const headers = { 'content-type': 'application/json', 'user-agent': `countersign-guard/${guardVersion}` }

  async function send(body: Uint8Array<ArrayBuffer>, timeLimitMs: number): Promise<SendOutcome> {
    const limits = { maxBytes, timeLimitMs, isRepeatable: true, readsErrorBodies: false, clock: unrefClock }
    const { status, retryAfterSeconds } = await exchangeJson(url, { method: 'POST', headers, body }, { fetch, ...limits })
    if (status >= 200 && status < 300) return { kind: 'accepted' }
    if (status === 404 || status === 405) return { kind: 'absent' }
    if (status === 401 || status === 403) return { kind: 'forbidden', error: forbidden(`${url} returned HTTP ${status}`) }
    const error = new RemoteGuardError('reports', `${url} returned HTTP ${status}`, { status, retryAfterSeconds, issuer })
    return { kind: status < 500 && !passing.has(status) ? 'rejected' : 'failed', error }
  }

  function forbidden(why: string): RemoteGuardError {
    const command = `countersign client update ${inCommand(clientId)} --realm ${inCommand(realm)} --scope "entitlements:read decisions:write"`
    const what = `the client ${JSON.stringify(clientId)} lacks the scope "decisions:write" (${why}). Set it, with the other scopes of the client: ${command}`
    return new RemoteGuardError('reports', what, { issuer })
  }

  function failed(error: unknown): SendOutcome {
    const code = error instanceof TokenRequestError && error.code === 'gated' ? codeOf(error.cause) : codeOf(error)
    if (code === 'invalid_scope') return { kind: 'forbidden', error: forbidden('its token request was answered with invalid_scope') }
    return { kind: 'failed', error: toRemoteGuardError(error, issuer) }
  }

  return (body, timeLimitMs) => send(body, timeLimitMs).catch(failed)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof TokenRequestError ? error.code : undefined
}

function inCommand(text: string): string {
  return /^[A-Za-z0-9._-]+$/.test(text) ? text : JSON.stringify(text)
}
