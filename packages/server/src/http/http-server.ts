// The HTTP server that everything is mounted on: the app of the server itself and those of its parts, which are configured alike, with
// request ids, a log and one place where thrown errors become responses. Connections are handled in connections.ts.
import type { SecureContextOptions } from 'node:tls'
import fastify, { LogController, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Configuration } from '../configuration/configuration.ts'
import { createLog, type LogStream } from '../log.ts'
import { answerError } from './answer-error.ts'
import { trackConnections, type Connections } from './connections.ts'
import { identifyRequest } from './identify-request.ts'
import { jsonBodyParser } from './json-bodies.ts'
import { createKnownPaths } from './known-paths.ts'
import { createLimitedServer } from './limited-server.ts'
import { createParts, type Part, type Parts } from './parts.ts'
import { findHostFault, refuseMalformed } from './refuse-malformed.ts'
import { createRejectionLog } from './rejection-log.ts'
import { createRequestEnds, type RequestEnds } from './request-end.ts'
import { refuseUnknownPaths, type FindRemedy } from './unknown-paths.ts'
import { withoutSchemas } from './without-schemas.ts'

export interface HttpServer {
  readonly app: FastifyInstance
  readonly connections: Connections
  /** What else the server consists of. */
  readonly parts: Parts
  /** Configures the app of the server, and that of every part when it is built. Must be called before routes are added. */
  configureEvery(configure: (app: FastifyInstance) => void): void
  /** Registers a listener for the end of every request. */
  readonly onRequestEnd: RequestEnds['onEnd']
  /** Reports the end of a request that is already watched as that of another object, for the same response. */
  readonly watchEnd: RequestEnds['watch']
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
  let connections: Connections | undefined
  const configurations: ((app: FastifyInstance, part: Part) => void)[] = []
  const main: Part = {
    get app() {
      return app
    },
    build: async () => app,
  }
  const known = createKnownPaths(main)
  const parts = createParts(known, main, (part, { ignoresTrailingSlash }) => {
    const app = fastify({ ...options, routerOptions: { ...routerOptions, ignoreTrailingSlash: ignoresTrailingSlash } })
    for (const configure of configurations) configure(app, part)
    return app
  })
  // A client id of 255 characters that are all percent-encoded: the router compares before it decodes those that URLs reserve.
  const routerOptions = { maxParamLength: 768 }
  const options: FastifyServerOptions = {
    // No request logger: it would listen to every response, for lines that are not written.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: nextRequestId,
    schemaController: withoutSchemas,
    routerOptions,
    return503OnClosing: false, // Requests that arrive while closing are still answered.
    // Before any hook: such a request has no route.
    frameworkErrors(error, request, reply) {
      identifyRequest(request, reply, log)
      answerError(publicUrl, error, request, reply)
    },
  }
  const app = fastify({
    ...options,
    serverFactory(handler) {
      const server = createLimitedServer(secureContext)
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
  const configureEvery = (configure: (app: FastifyInstance, part: Part) => void) => {
    configurations.push(configure)
    configure(app, main)
  }
  const noteRejection = createRejectionLog(log)
  configureEvery((every, part) => {
    every.log = log
    every.decorate('noteRejection', noteRejection)
    every.decorateRequest('callerRequestId', undefined)
    every.decorateRequest('traceId', undefined)
    every.decorateRequest('authenticated', undefined)
    every.decorateRequest('clientRealm', undefined)
    every.decorateRequest('guardDecision', undefined)
    every.decorateRequest('refused', undefined)
    every.removeContentTypeParser('text/plain')
    every.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonBodyParser(every))
    every.addHook('onRequest', (request, reply, done) => {
      watch(request, reply)
      identifyRequest(request, reply, log)
      done(findHostFault(request.raw.rawHeaders))
    })
    every.setErrorHandler((error: unknown, request, reply) => answerError(publicUrl, error, request, reply))
    refuseUnknownPaths(every, known, part, findRemedy)
  })
  return { app, connections, parts, configureEvery, onRequestEnd, watchEnd: watch }
}
