// The HTTP or HTTPS server of Node, with its limits of time and of connections.
import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { PacedResponse } from './paced-response.ts'
import { tlsOptions } from './tls-options.ts'

const limits = {
  // For the headers, and for the whole request to arrive.
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  // Longer than a load balancer keeps idle connections, so that the server never closes one while a request is on its way.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2000,
}
/** A connection with a request under way is closed after this long without a byte read or written; slow readers: slow-readers.ts. */
const stalledTimeoutMs = 15_000
/** As many as one process can serve; more are refused at once instead of slowing all of them down. */
export const maxConnections = 20_000

/** @param secureContext certificate and key if it terminates TLS itself */
export function createLimitedServer(secureContext: SecureContextOptions | undefined): Server {
  const options = { ...limits, ServerResponse: PacedResponse }
  const server = secureContext ? createHttpsServer({ ...options, ...tlsOptions, ...secureContext }) : createServer(options)
  server.setTimeout(stalledTimeoutMs)
  server.maxConnections = maxConnections
  return server
}
