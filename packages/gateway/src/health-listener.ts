// The listener for supervisors and for the API behind: probes, metrics, and the keys of the signed header. It decides nothing, and is not the
// listener of the proxies, so that a health check can be no way around a decision.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { GatewayKey } from './gateway-keys.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

const limits = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 16 * 1024 }

export interface HealthListenerOptions {
  readonly readiness: Readiness
  readonly metrics: Metrics
  readonly keys: () => readonly GatewayKey[]
}

export function createHealthListener({ readiness, metrics, keys }: HealthListenerOptions): Server {
  async function answer(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case '/healthz':
        return sendJson(response, 200, { alive: true })
      case '/readyz': {
        const state = await readiness.check()
        return sendJson(response, state.ready ? 200 : 503, state)
      }
      case '/metrics':
        return sendText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metrics.text(readiness.gauges()))
      case '/.well-known/jwks.json':
        // As long as a key is published before it signs: see docs/gateway.md.
        return sendText(response, 200, 'application/jwk-set+json', JSON.stringify({ keys: keys().map(({ jwk }) => jwk) }), 'max-age=300')
      default:
        return sendJson(response, 404, { paths: ['/healthz', '/readyz', '/metrics', '/.well-known/jwks.json'] })
    }
  }

  const server = createServer(limits, ({ method, url = '' }, response) => {
    if (method !== 'GET' && method !== 'HEAD') return sendJson(response, 405, { methods: ['GET', 'HEAD'] })
    answer(url.split('?', 1)[0]!, response).catch(() => response.destroy())
  })
  server.maxConnections = 1000
  server.setTimeout(10_000)
  return server
}

function sendJson(response: ServerResponse, status: number, content: object): void {
  sendText(response, status, 'application/json', JSON.stringify(content))
}

function sendText(response: ServerResponse, status: number, type: string, text: string, caching = 'no-store'): void {
  const headers = { 'content-type': type, 'cache-control': caching, 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, headers).end(text)
}
