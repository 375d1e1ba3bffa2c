// The listener for proxies that ask over HTTP. Only configured peers get a decision; there is nothing else on it, no health check either,
// so that no path or header of a client leads to anything but a decision.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Guard } from '@countersign/guard'
import { refuseProxy, type AskedRequest, type DecideRequest, type GatewayVerdict } from './decide-request.ts'
import { extAuthzPath, readExtAuthz } from './ext-authz-http.ts'
import { forwardAuthPath, problemInHeaderPath, readForwardAuth, withProblemHeader, type ProxyFault } from './forward-auth.ts'
import type { TrustedPeers } from './trusted-peers.ts'

const limits = {
  // Proxies send at once what they have received from slow clients. Also the time for the first request of a connection that a proxy has opened ahead.
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2000,
  // Longer than proxies keep idle connections, so that the gateway never closes one while a request is on its way.
  keepAliveTimeout: 75_000,
  // All headers of a client, among them cookies.
  maxHeaderSize: 64 * 1024,
}
const maxConnections = 10_000
/** A peer that is not trusted gets its answer and no more. Many of them must not use up the connections of the proxies. */
const strangerMs = 2000
const maxStrangers = 100

export interface HttpListenerOptions {
  readonly decide: DecideRequest
  readonly guard: Guard
  readonly peers: TrustedPeers
  readonly nextRequestId: () => string
  /** A request without a decision: of a peer that is not trusted, or of a proxy that does not say what the client wants. */
  readonly onRefusedProxy: (code: 'untrusted-peer' | 'invalid-request' | 'not-found', peer: string | undefined, detail: string) => void
  /** Whether the connection is to be closed after the response. */
  readonly isStopping: () => boolean
}

export function createHttpListener(options: HttpListenerOptions): Server {
  const { decide, guard, peers, nextRequestId, onRefusedProxy, isStopping } = options

  function refuse(request: IncomingMessage, code: Parameters<typeof onRefusedProxy>[0], detail: string): GatewayVerdict {
    onRefusedProxy(code, request.socket.remoteAddress, detail)
    return refuseProxy(guard, code, nextRequestId(), detail)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!peers.isTrusted(request.socket.remoteAddress)) {
      response.shouldKeepAlive = false
      return send(response, refuse(request, 'untrusted-peer', 'The request did not come from one of the proxies of the gateway.'))
    }
    const verdict = await decideFor(request)
    send(response, isAtOrBelow(request.url ?? '', problemInHeaderPath) ? withProblemHeader(verdict) : verdict)
  }

  async function decideFor(request: IncomingMessage): Promise<GatewayVerdict> {
    const asked = readAsked(request, peers)
    if (!asked) return refuse(request, 'not-found', `There are only "${forwardAuthPath}" and "${extAuthzPath}/…" here.`)
    return 'fault' in asked ? refuse(request, 'invalid-request', asked.fault) : decide(asked)
  }

  function send(response: ServerResponse, { status, headers, body }: GatewayVerdict): void {
    if (isStopping()) response.shouldKeepAlive = false
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
  }

  let strangers = 0
  const server = createServer(limits, (request, response) => {
    answer(request, response).catch(() => fail(response))
  })
  // Node drops what comes after this number of headers: a second Authorization header could hide there. The size limits them.
  server.maxHeadersCount = 0
  server.maxConnections = maxConnections
  server.setTimeout(limits.requestTimeout + 5000)
  server.on('connection', (socket) => {
    if (peers.isTrusted(socket.remoteAddress)) return
    if (strangers >= maxStrangers) {
      onRefusedProxy('untrusted-peer', socket.remoteAddress, 'A connection was closed.')
      return void socket.destroy()
    }
    strangers++
    const timer = setTimeout(() => socket.destroy(), strangerMs).unref()
    socket.once('close', () => {
      strangers--
      clearTimeout(timer)
    })
  })
  // Without a listener Node closes the connection without a response, which some proxies report as a failure of the gateway.
  server.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'))
  return server
}

function readAsked(request: IncomingMessage, peers: TrustedPeers): AskedRequest | ProxyFault | undefined {
  const { url = '', method = '', rawHeaders } = request
  if (isAtOrBelow(url, forwardAuthPath)) return readForwardAuth(rawHeaders, peers)
  if (url.startsWith(`${extAuthzPath}/`)) return readExtAuthz(method, url, rawHeaders, peers)
  return undefined
}

function isAtOrBelow(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || '/?'.includes(url[path.length]!))
}

/** Such as for a header that cannot be sent. Whatever it was, the request is not let through. */
function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(500, { 'content-length': 0, 'cache-control': 'no-store' }).end()
}
