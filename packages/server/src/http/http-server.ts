// The HTTP server that everything is mounted on: its time and size limits, its request ids, its log, and the one place where
// errors become responses. What happens to connections besides is in connections/.
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Configuration } from '../configuration/configuration.ts'
import { trackConnections, type Connections } from './connections.ts'
import { refuseMalformed } from './refuse-malformed.ts'
import { createRequestEnds, type RequestEnds } from './request-end.ts'
import { readCallerRequestId, readTraceId } from './request-origin.ts'
import { createLog, type LogStream } from '../log.ts'
import { answerError } from './answer-error.ts'
import { tlsOptions } from './tls-options.ts'

/** What a request may take until its headers, and then all of it, are there. Milliseconds. */
const headersTimeout = 10_000
const requestTimeout = 15_000
/** Longer than a load balancer keeps idle connections, so that it is never us who closes one under a request. */
const keepAliveTimeout = 75_000
const checkIntervalMs = 2000
/** After so long without a byte read or written a connection with a request under way is closed: slow readers too. */
const stalledTimeoutMs = 15_000
/** What one process can serve; more are refused at once instead of making all of them slow. */
const maxConnections = 20_000

export interface HttpServer {
  readonly app: FastifyInstance
  readonly connections: Connections
  /** Adds what is told of every request that is over. */
  readonly onRequestEnd: RequestEnds['onEnd']
}

/**
 * @param nextRequestId never twice the same, also over restarts
 * @param secureContext certificate and key where the server speaks TLS itself
 */
export function createHttpServer(
  configuration: Pick<Configuration, 'publicUrl' | 'logLevel'>,
  nextRequestId: () => string,
  logStream?: LogStream,
  secureContext?: SecureContextOptions,
): HttpServer {
  const { publicUrl, logLevel } = configuration
  const log = createLog(logLevel, logStream)
  const identify = (request: FastifyRequest, reply: FastifyReply) => {
    const { id: requestId, headers } = request
    const callerRequestId = (request.callerRequestId = readCallerRequestId(headers['x-request-id']))
    const traceId = (request.traceId = readTraceId(headers['traceparent']))
    request.log = reply.log = log.child({ requestId, callerRequestId, traceId })
    reply.header('x-request-id', requestId)
  }
  let connections: Connections | undefined
  const app = fastify({
    // No logger: one would make it listen to every response, for lines that nobody asked for.
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory(handler) {
      const options = { keepAliveTimeout, requestTimeout, headersTimeout, connectionsCheckingInterval: checkIntervalMs }
      const server = secureContext ? createHttpsServer({ ...options, ...tlsOptions, ...secureContext }) : createServer(options)
      server.setTimeout(stalledTimeoutMs)
      server.maxConnections = maxConnections
      connections = trackConnections(server, handler)
      return server
    },
    genReqId: nextRequestId,
    schemaController: withoutSchemas,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // Whoever still gets a request in gets an answer.
    clientErrorHandler: refuseMalformed(publicUrl, nextRequestId, (socket) => connections?.open.get(socket)),
    // Before any hook: such a request has no route.
    frameworkErrors(error, request, reply) {
      identify(request, reply)
      answerError(publicUrl, error, request, reply)
    },
  })
  if (connections === undefined) throw new TypeError('Expected the framework to have asked for its server')
  app.log = log
  app.decorateRequest('callerRequestId', undefined)
  app.decorateRequest('traceId', undefined)
  app.removeContentTypeParser('text/plain')
  const { watch, onEnd: onRequestEnd } = createRequestEnds()
  app.addHook('onRequest', (request, reply, done) => {
    watch(request, reply)
    identify(request, reply)
    done()
  })
  app.setErrorHandler((error: Error, request, reply) => answerError(publicUrl, error, request, reply))
  return { app, connections, onRequestEnd }
}

/** No route has a schema, because what comes in is checked by who reads it; so the compilers of schemas are not even loaded. */
export const withoutSchemas = { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } }

function refuseSchema(): never {
  throw new TypeError('Routes of this server have no schema')
}

/** Bodies of OAuth requests are read by oauth/form.ts whatever their type says, so every type arrives as bytes. */
export function readFormsAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // The usual type by its name, because "*" is looked for last.
  app.addContentTypeParser(['application/x-www-form-urlencoded', '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
