// A token endpoint in memory that numbers its tokens (token-1, token-2, ...), and a provider in front of it whose clock is
// moved by hand.
import { parseBasic } from '@countersign/protocol'
import { createHandClock, type HandClock } from './clock.fixture.ts'
import type { TokenProviderOptions } from './options.ts'
import { createTokenProvider, type TokenProvider } from './token-provider.ts'

export const tokenUrl = 'https://auth.example.com/token'

export interface ReceivedRequest {
  readonly url: string
  readonly init: RequestInit
  readonly form: URLSearchParams
  readonly secret: string | undefined
  /** Time of arrival, on the clock of the test. */
  readonly atSeconds: number
}

type Answer = (request: ReceivedRequest) => Response | Promise<Response>

export interface FakeTokenEndpoint {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly requests: ReceivedRequest[]
  /** Answers every request like this, until reset by `undefined`. */
  answer: Answer | undefined
  /** Seconds, or any other value that a server may send. */
  expiresIn: unknown
  /** The next token, as in a normal response. */
  readonly issue: () => Response
}

export function createFakeTokenEndpoint(clock: HandClock): FakeTokenEndpoint {
  let issued = 0
  const startedAt = clock.now()
  const endpoint: FakeTokenEndpoint = {
    requests: [],
    answer: undefined,
    expiresIn: 300,
    issue: () => Response.json({ access_token: `token-${++issued}`, expires_in: endpoint.expiresIn, token_type: 'Bearer' }),
    fetch: async (url, init) => {
      const form = new URLSearchParams(typeof init.body === 'string' ? init.body : '')
      const basic = new Headers(init.headers).get('authorization')
      const secret = basic === null ? form.get('client_secret') : parseBasic(basic).clientSecret
      const request = { url, init, form, secret: secret ?? undefined, atSeconds: (clock.now() - startedAt) / 1000 }
      endpoint.requests.push(request)
      return endpoint.answer === undefined ? endpoint.issue() : endpoint.answer(request)
    },
  }
  return endpoint
}

export interface TestClient {
  readonly clock: HandClock
  readonly endpoint: FakeTokenEndpoint
  readonly tokens: TokenProvider
}

/** Without jitter unless `random` says so: refresh at exactly 240 s of 300 s. */
export function createTestClient(options: Partial<TokenProviderOptions> = {}): TestClient {
  const clock = createHandClock()
  const endpoint = createFakeTokenEndpoint(clock)
  const secret = options.clientAuth === undefined ? { clientSecret: 's3cret' } : {}
  const defaults = { clientId: 'api-client-acme', ...secret, fetch: endpoint.fetch, clock, random: () => 0 }
  const server = options.issuer === undefined ? { tokenUrl } : {}
  const tokens = createTokenProvider({ ...server, ...defaults, ...options } as TokenProviderOptions)
  return { clock, endpoint, tokens }
}

export function oauthError(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json(
    { error, error_description: `About ${error}.`, error_uri: `https://auth.example.com/problems/${error}` },
    { status, headers },
  )
}

/** A response that the test resolves when it wants to. */
export function createHeldAnswer(): { readonly answer: Answer; readonly release: (response: Response) => void } {
  let release: (response: Response) => void = () => {}
  const response = new Promise<Response>((resolve) => (release = resolve))
  return { answer: () => response, release: (given) => release(given) }
}
