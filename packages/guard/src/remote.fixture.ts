// An authorization server behind a fetch: it answers from memory, counts requests, and fails on demand.
import assert from 'node:assert/strict'
import type { Fetch } from './fetch-json.ts'
import { anEntitlementDocument, issuer, type SigningKey } from './guard.fixture.ts'

export const discoveryUrl = `${issuer}/.well-known/openid-configuration`
export const jwksUrl = `${issuer}/protocol/openid-connect/certs`
export const tokenUrl = `${issuer}/protocol/openid-connect/token`
export const entitlementUrl = `${issuer}/v1/organizations/0b7c1f7e-54a2-4a53-9b8e-0d3c6f1a2b01/entitlement`

type Answer = (request: Request) => Response | Promise<Response>

export interface RemoteServer {
  readonly fetch: Fetch
  /** Replaces the response of a URL. */
  answer(url: string, answer: Answer): void
  calls(url: string): number
  /** The requests to a URL, oldest first. */
  readonly requests: readonly Request[]
}

export function json(body: unknown, init: ResponseInit = {}): Response {
  return Response.json(body, init)
}

/** A response that is held back until the test releases it. */
export function aGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

export function aRemoteServer(...keys: readonly SigningKey[]): RemoteServer {
  const requests: Request[] = []
  const answers = new Map<string, Answer>([
    [discoveryUrl, () => json({ issuer, jwks_uri: jwksUrl, token_endpoint: tokenUrl })],
    [jwksUrl, () => json({ keys: keys.map((key) => key.jwk) })],
    [tokenUrl, () => json({ access_token: 'own-token', token_type: 'Bearer', expires_in: 300 })],
    [entitlementUrl, () => json(anEntitlementDocument(), { headers: { etag: '"1"' } })],
  ])
  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request)
      const answer = answers.get(request.url)
      assert.ok(answer, `no handler for ${request.url}`)
      return answer(request)
    },
    answer: (url, answer) => answers.set(url, answer),
    calls: (url) => requests.filter((request) => request.url === url).length,
  }
}
