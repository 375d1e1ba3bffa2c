// Real servers on loopback: a token endpoint that numbers its tokens, and APIs that echo the request.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { formatBearerChallenge, parseBasic } from '@countersign/protocol'

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function startTokenEndpoint(t: TestContext): Promise<{ readonly tokenUrl: string; readonly issued: () => number }> {
  let issued = 0
  const origin = await listen(t, (request, response) => {
    const { clientSecret } = parseBasic(request.headers.authorization ?? '')
    response.setHeader('content-type', 'application/json')
    if (clientSecret !== 's3cret') return response.writeHead(401).end('{"error":"invalid_client"}')
    return response.end(JSON.stringify({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 300 }))
  })
  return { tokenUrl: `${origin}/token`, issued: () => issued }
}

export interface RealApi {
  readonly origin: string
  /** `METHOD /path authorization body` of every request. */
  readonly calls: string[]
  /** Answers the next requests instead, one after the other; `undefined` lets one pass. */
  readonly answers: (RealAnswer | undefined)[]
}

export interface RealAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Rejects the tokens in `rejected`; `/redirect?to=` redirects to the given URL. */
export async function startApi(t: TestContext, rejected: ReadonlySet<string> = new Set()): Promise<RealApi> {
  const calls: string[] = []
  const answers: (RealAnswer | undefined)[] = []
  const origin = await listen(t, async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api')
    const { authorization = 'none' } = request.headers
    calls.push(`${request.method} ${pathname} ${authorization} ${body}`.trimEnd())
    const answer = answers.shift()
    if (answer !== undefined) return response.writeHead(answer.status, answer.headers).end(answer.body)
    if (pathname === '/redirect') return response.writeHead(302, { location: searchParams.get('to') ?? '/' }).end()
    if (authorization === 'none' || rejected.has(authorization.replace('Bearer ', ''))) {
      const challenge = formatBearerChallenge({ realm: 'api', error: 'invalid_token' })
      return response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' }).end('{"code":"expired-token"}')
    }
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  return { origin, calls, answers }
}
