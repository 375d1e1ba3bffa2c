// The HTTP server that everything is mounted on: its time and size limits, its request ids, its log, and the one place where
// errors become responses.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { LogController, type FastifyInstance } from 'fastify'
import { looksLikeSecret } from './clients/client-secret.ts'
import type { Configuration } from './configuration/configuration.ts'
import { answerRefusal } from './refusals.ts'

/** What a request may take until its headers, and then all of it, are there. Milliseconds. */
const headersTimeout = 10_000
const requestTimeout = 15_000
/** Longer than a load balancer keeps idle connections, so that it is never us who closes one under a request. */
const keepAliveTimeout = 75_000
const checkInterval = 2000
/** After so long without a byte read or written a connection with a request under way is closed: slow readers too. */
const stalledTimeout = 15_000
/** What one process can serve; more are refused at once instead of making all of them slow. */
const mostConnections = 20_000
/** Requests that one connection may have sent before it was answered. */
const mostUnanswered = 100

export function createHttpServer(configuration: Configuration, logStream?: { write(line: string): void }): FastifyInstance {
  const { publicUrl, logLevel } = configuration
  const app = fastify({
    logger: { level: logLevel, ...(logStream && { stream: logStream }), serializers: { req: describeRequest } },
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout,
    keepAliveTimeout,
    connectionTimeout: stalledTimeout,
    http: { headersTimeout, connectionsCheckingInterval: checkInterval },
    genReqId: chooseRequestId,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    // Before any hook: such a request has no route.
    frameworkErrors: (error, request, reply) => void answerRefusal(publicUrl, error, request, reply.header('x-request-id', request.id)),
  })
  app.server.maxConnections = mostConnections
  closeOnExcessivePipelining(app.server)
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.setErrorHandler((error: Error, request, reply) => answerRefusal(publicUrl, error, request, reply))
  return app
}

/** Node reads all requests of a chunk before it looks whether anybody takes the answers, which would pile up in memory. */
function closeOnExcessivePipelining(server: Server): void {
  const unanswered = new WeakMap<Socket, number>()
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const count = (unanswered.get(socket) ?? 0) + 1
    unanswered.set(socket, count)
    if (count > mostUnanswered) socket.destroy()
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
  })
}

/** Bodies of OAuth requests are read by oauth/form.ts whatever their type says, so every type arrives as bytes. */
export function readFormsAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // The usual type by its name, because "*" is looked for last.
  app.addContentTypeParser(['application/x-www-form-urlencoded', '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

/** A request id from outside is kept only if it can stand in a header and a log line as it is, so never a misplaced secret. */
function chooseRequestId(request: { headers: IncomingMessage['headers'] }): string {
  const id = request.headers['x-request-id']
  return typeof id === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(id) && !looksLikeSecret(id) ? id : randomUUID()
}

/** Log lines show the path of a request and never its query, where a careless client may have put a secret. */
function describeRequest(request: { id: unknown; method: string; url: string }) {
  return { id: request.id, method: request.method, path: request.url.split(/[?#]/, 1)[0] }
}
