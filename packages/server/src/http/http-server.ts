// The HTTP server that everything is mounted on: its limits of time and connections, its request ids, its log, and the one place where
// thrown errors become responses. Connections are handled in connections.ts.
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import type { Configuration } from '../configuration/configuration.ts'
import { trackConnections, type Connections } from './connections.ts'
import { createKnownPaths } from './known-paths.ts'
import { createParts, type Part, type Parts } from './parts.ts'
import { refuseMalformed } from './refuse-malformed.ts'
import { createRequestEnds, type RequestEnds } from './request-end.ts'
import { readCallerRequestId, readTraceId } from './request-origin.ts'
import { createLog, type LogStream } from '../log.ts'
import { answerError } from './answer-error.ts'
import { PacedResponse } from './paced-response.ts'
import { jsonBodyParser } from './json-bodies.ts'
import { tlsOptions } from './tls-options.ts'
import { refuseUnknownPaths, type FindRemedy } from './unknown-paths.ts'

/** Time limit for the headers and for the whole request to arrive. Milliseconds. */
const headersTimeout = 10_000
const requestTimeout = 15_000
/** Longer than a load balancer keeps idle connections, so that the server never closes one while a request is on its way. */
const keepAliveTimeout = 75_000
const checkIntervalMs = 2000
/** A connection with a request under way is closed after this long without a byte read or written; slow readers: slow-readers.ts. */
const stalledTimeoutMs = 15_000
/** As many as one process can serve; more are refused at once instead of slowing all of them down. */
const maxConnections = 20_000

export interface HttpServer {
  readonly app: FastifyInstance
  readonly connections: Connections
  /** What else the server consists of. */
  readonly parts: Parts
  /** Configures the app, and every part when it is built. Must be called before routes are added. */
  configureEvery(configure: (app: FastifyInstance) => void): void
  /** Registers a listener for the end of every request. */
  readonly onRequestEnd: RequestEnds['onEnd']
}

interface HttpServerOptions {
  /** Certificate and key if the server terminates TLS itself. */
  readonly secureContext?: SecureContextOptions | undefined
  readonly findRemedy?: FindRemedy
}

/** @param nextRequestId never returns the same id twice, also across restarts */
export function createHttpServer(
  configuration: Pick<Configuration, 'publicUrl' | 'logLevel'>,
  nextRequestId: () => string,
  logStream: LogStream,
  { secureContext, findRemedy = () => undefined }: HttpServerOptions = {},
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
  const configurations: ((app: FastifyInstance) => void)[] = []
  const main: Part = {
    get app() {
      return app
    },
    build: async () => app,
  }
  const known = createKnownPaths(main)
  const parts = createParts(known, main, (part) => {
    const app = fastify(options)
    for (const configure of configurations) configure(app)
    refuseUnknownPaths(app, known, part, findRemedy)
    return app
  })
  const options: FastifyServerOptions = {
    // No request logger: it would listen to every response, for lines that are not written.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: nextRequestId,
    schemaController: withoutSchemas,
    routerOptions: { maxParamLength: 256 },
    return503OnClosing: false, // Requests that arrive while closing are still answered.
    // Before any hook: such a request has no route.
    frameworkErrors(error, request, reply) {
      identify(request, reply)
      answerError(publicUrl, error, request, reply)
    },
  }
  const app = fastify({
    ...options,
    serverFactory(handler) {
      const limits = { keepAliveTimeout, requestTimeout, headersTimeout, connectionsCheckingInterval: checkIntervalMs }
      const options = { ...limits, ServerResponse: PacedResponse }
      const server = secureContext ? createHttpsServer({ ...options, ...tlsOptions, ...secureContext }) : createServer(options)
      server.setTimeout(stalledTimeoutMs)
      server.maxConnections = maxConnections
      connections = trackConnections(server, (request, response) => {
        const owner = parts.appOf(request.url)
        if (owner) owner.routing(request, response)
        else handler(request, response)
      })
      return server
    },
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseMalformed(publicUrl, nextRequestId, () => connections),
  })
  if (connections === undefined) throw new TypeError('Expected the framework to have asked for its server')
  const { watch, onEnd: onRequestEnd } = createRequestEnds()
  const configureEvery = (configure: (app: FastifyInstance) => void) => {
    configurations.push(configure)
    configure(app)
  }
  configureEvery((every) => {
    every.log = log
    every.decorateRequest('callerRequestId', undefined)
    every.decorateRequest('traceId', undefined)
    every.removeContentTypeParser('text/plain')
    every.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonBodyParser(every))
    every.addHook('onRequest', (request, reply, done) => {
      watch(request, reply)
      identify(request, reply)
      done()
    })
    every.setErrorHandler((error: unknown, request, reply) => answerError(publicUrl, error, request, reply))
  })
  refuseUnknownPaths(app, known, main, findRemedy)
  return { app, connections, parts, configureEvery, onRequestEnd }
}

/** No route has a schema, because each handler checks its own input; so the schema compilers are not even loaded. */
export const withoutSchemas = { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } }

function refuseSchema(): never {
  throw new TypeError('Routes of this server have no schema')
}

/** Bodies of OAuth requests are parsed by api/form.ts whatever their media type, so every type arrives as bytes. */
export function readFormsAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // The usual media type by its name, because "*" is looked up last.
  app.addContentTypeParser(['application/x-www-form-urlencoded', '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
