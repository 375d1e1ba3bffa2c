// Start and stop of the server: what listens, in which order, and how it stops without a failed request.
import { setTimeout as delay } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Configuration } from './configuration/configuration.ts'
import { parseListen } from './configuration/listening.ts'
import type { Connections } from './http/connections.ts'
import { drain } from './http/drain.ts'
import type { OperationsListener } from './monitoring/operations-listener.ts'
import type { Readiness } from './monitoring/readiness.ts'
import { describeCertificate, watchCertificate, type CertificatePair, type CertificateWatch } from './http/certificate.ts'

/** Requests are aborted after this time, so that pending writes finish within 30 seconds of the signal. */
const maxDrainMs = 27_000

interface Parts {
  readonly configuration: Pick<Configuration, 'listen' | 'reusePort' | 'tls' | 'shutdownDelay'>
  readonly app: FastifyInstance
  readonly connections: Connections
  readonly readiness: Readiness
  readonly operations: OperationsListener | undefined
  /** Ends what would otherwise go on for as long as the server. */
  readonly endStreams: () => void
  /** Reads the key rings again. Never fails. */
  readonly reloadKeys: () => Promise<void>
  /** Writes pending data and closes resources, once no more requests can arrive. */
  readonly closeRest: () => Promise<void>
}

export interface Lifecycle {
  listen(): Promise<void>
  /** The port of the operations listener, once it listens. */
  operationsPort(): number | undefined
  /** Reads again what can be replaced in a running server: the certificate and its key, and the key rings. The log says what was read. */
  reload(): Promise<void>
  /**
   * Shuts down under load without a failed request: reports not ready, waits for the load balancer, then closes each connection
   * after the last response on it. Requests still under way after half a minute are aborted.
   */
  shutDown(): Promise<void>
  /** Answers the requests under way, writes pending data, closes the store. */
  close(): Promise<void>
}

export function createLifecycle(parts: Parts): Lifecycle {
  const { configuration, app, connections, readiness, operations, endStreams, reloadKeys, closeRest } = parts
  const { listen, reusePort, tls, shutdownDelay } = configuration
  let isStopping = false
  readiness.add('stopping', () => (isStopping ? 'the server is stopping' : undefined))
  let watch: CertificateWatch | undefined

  let operationsPort: number | undefined

  let closed: Promise<void> | undefined
  const closeAll = async () => {
    isStopping = true
    watch?.stop()
    endStreams()
    // Else a connection that has a request under way now would be kept open after its response, and the server with it.
    connections.announceEnd()
    await app.close()
    await closeRest()
    await operations?.close()
  }
  const close = () => (closed ??= closeAll())

  return {
    close,
    operationsPort: () => operationsPort,
    reload() {
      watch?.reload()
      return reloadKeys()
    },
    async listen() {
      const listenTextResolver = (address: string) => `listening on ${tls ? address.replace('http:', 'https:') : address}`
      try {
        await app.listen({ ...parseListen(listen), ...(reusePort && { reusePort }), listenTextResolver })
        operationsPort = await operations?.listen()
        if (operations) app.log.info(`operations listener on port ${operationsPort}`)
        if (tls) watch = watchCertificate(tls, certificateEvents(app))
      } catch (error) {
        await close()
        throw error
      }
    },
    async shutDown() {
      isStopping = true
      app.log.info({ shutdownDelay }, 'stopping: reporting not ready')
      await delay(shutdownDelay * 1000)
      // Only now: until here a load balancer may have sent their guards back to this node.
      endStreams()
      const cut = await drain(app.server, connections, maxDrainMs - shutdownDelay * 1000)
      if (cut > 0) app.log.warn({ cut }, `${cut} requests were aborted at shutdown, because they were not answered in time`)
      await close()
    },
  }
}

function certificateEvents(app: FastifyInstance) {
  return {
    onChange(pair: CertificatePair) {
      if (app.server instanceof TlsServer) app.server.setSecureContext(pair)
      const { expired, ...described } = describeCertificate(pair)
      app.log[expired ? 'error' : 'info'](described, expired ? 'the new certificate has expired' : 'the certificate was read anew')
    },
    onFailure(error: Error) {
      app.log.error({ reason: error.message }, 'the new certificate was rejected; still serving the previous one')
    },
  }
}
