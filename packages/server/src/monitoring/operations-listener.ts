// The operations listener: metrics, the reasons why the node is not ready, and files for operators. It has its own port, so that a firewall or a
// loopback address can restrict access to it; it knows no secret and changes nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { collectDefaultMetrics } from 'prom-client'
import { trackConnections } from '../http/connections.ts'
import { toResponse, type SharedFiles } from '../http/shared-file.ts'
import { PacedResponse } from '../http/paced-response.ts'
import { parseListen } from '../configuration/listening.ts'
import { createMetrics, type Monitored } from './metrics.ts'

const limits = { requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 75_000 }
/** A connection with a request under way is closed after this long without a byte read or written. */
const stalledTimeoutMs = 15_000
const methods = ['GET', 'HEAD']

export interface OperationsListener {
  /** Resolves to the port; the system chooses one if the configuration says 0. */
  listen(): Promise<number>
  close(): Promise<void>
}

interface OperationsOptions {
  /** An address and a port. */
  readonly listen: string
  readonly monitored: Monitored
  readonly files: SharedFiles
  readonly onFailure: (error: Error) => void
}

export function createOperationsListener({ listen, monitored, files, onFailure }: OperationsOptions): OperationsListener {
  const { readiness } = monitored
  const metrics = createMetrics(monitored)
  collectDefaultMetrics({ register: metrics.registry })
  const pages = new Map<string, (response: ServerResponse, request: IncomingMessage) => Promise<void>>([
    ['/metrics', async (response) => answer(response, 200, metrics.registry.contentType, await metrics.text())],
    ['/livez', async (response) => answerJson(response, 200, { status: 'ok' })],
    [
      '/readyz',
      async (response) => {
        const [reasons, warnings] = [readiness.reasons(), readiness.warnings()]
        const more = Object.keys(warnings).length === 0 ? {} : { warnings }
        if (Object.keys(reasons).length === 0) answerJson(response, 200, { status: 'ok', ...more })
        else answerJson(response, 503, { status: 'not ok', reasons, ...more })
      },
    ],
  ])
  for (const [path, file] of files) {
    pages.set(path, async (response, request) => {
      const { headers, body } = await toResponse(file, request.headers['accept-encoding']?.toString())
      response.writeHead(200, { ...headers, 'content-length': body.length }).end(body)
    })
  }

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const page = pages.get((request.url ?? '').split('?', 1)[0] ?? '')
    if (!page) return answerJson(response, 404, { pages: [...pages.keys()] })
    if (!methods.includes(request.method ?? '')) return answerJson(response.setHeader('allow', methods.join(', ')), 405, { methods })
    page(response, request).catch((error: Error) => {
      onFailure(error)
      response.destroy()
    })
  }
  const server = createServer({ ...limits, ServerResponse: PacedResponse })
  server.setTimeout(stalledTimeoutMs)
  server.maxConnections = 100
  trackConnections(server, handle)

  return {
    async listen() {
      const { host, port } = parseListen(listen)
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve))
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  answer(response, status, 'application/json', `${JSON.stringify(body)}\n`)
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body)
}
