// A guarded API in memory: it accepts tokens by their number and answers any other with a challenge.
import { formatBearerChallenge, type BearerChallenge } from '@countersign/protocol'
import { createTestClient, type TestClient } from './token-endpoint.fixture.ts'

export const apiOrigin = 'https://api.example.com'
export const aUrl = `${apiOrigin}/v1/me`

export interface ApiCall {
  readonly url: string
  readonly authorization: string | null
  readonly body: string
}

export interface FakeApi {
  readonly fetch: typeof globalThis.fetch
  readonly calls: ApiCall[]
  /** Answers a call instead of 200; `undefined` lets it pass. */
  refuse: (call: ApiCall) => Response | undefined
}

export function createFakeApi(): FakeApi {
  const api: FakeApi = {
    calls: [],
    refuse: () => undefined,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const call = { url: request.url, authorization: request.headers.get('authorization'), body: await request.text() }
      api.calls.push(call)
      return api.refuse(call) ?? Response.json({ ok: true })
    },
  }
  return api
}

export function refusal(status: number, challenge?: BearerChallenge): Response {
  return Response.json({ status }, { status, headers: challenge ? { 'www-authenticate': formatBearerChallenge(challenge) } : {} })
}

/** A client, an API, and a first token that is `ageSeconds` old. */
export async function createClientOfApi(ageSeconds: number): Promise<TestClient & { readonly api: FakeApi }> {
  const client = createTestClient()
  await client.tokens.getToken()
  await client.clock.advance(ageSeconds)
  return { ...client, api: createFakeApi() }
}
