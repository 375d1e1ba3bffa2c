// The gateway, wired from top to bottom: what it knows, what it decides, and the listeners. It keeps nothing that a restart would lose.
import type { Server } from 'node:http'
import { createGuardName, createRequestIds } from '@countersign/guard'
import type { GatewayConfiguration } from './configuration.ts'
import { createDecider, refuseProxy, type DecideRequest, type Decided } from './decide-request.ts'
import { readGatewayKeys, type GatewayKey } from './gateway-keys.ts'
import { startGrpcListener, type GrpcListener } from './grpc/grpc-listener.ts'
import { createHealthListener } from './health-listener.ts'
import { createHttpListener } from './http-listener.ts'
import { isLocalSocket, parseListenAddress } from './listen-address.ts'
import { createLog } from './log.ts'
import { createDecisionLog } from './log-decisions.ts'
import { createMetrics } from './metrics.ts'
import { checkRoutes, openGuard, registerRoutes, type GuardSeams } from './open-guard.ts'
import { addressOf, openListener } from './open-listener.ts'
import { createReadiness } from './readiness.ts'
import { createRouteTable, findHiddenMethods } from './route-table.ts'
import { createHeaderSigner } from './signed-header.ts'
import { createTrustedPeers, trustEveryPeer } from './trusted-peers.ts'

export interface GatewayOptions {
  readonly configuration: GatewayConfiguration
  /** Reads the configuration again, for `reload()`. */
  readonly readAgain?: () => GatewayConfiguration
  /** Receives each line of the log with its line feed. */
  readonly writeLog: (line: string) => void
  readonly fetch?: GuardSeams['fetch']
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

export interface Gateway {
  readonly decideRequest: DecideRequest
  /** Resolves when all listeners accept connections. Until the server was reached once, requests get 503. */
  listen(): Promise<void>
  /** Where it listens, such as "127.0.0.1:9000" or "unix:/run/gateway.sock". */
  readonly addresses: Readonly<Record<'http' | 'health', string>> & { readonly grpc?: string }
  /** Takes the routes and the keys of the configuration as it is now. @returns false if it is invalid: then nothing has changed */
  reload(): boolean
  /** Ends pending requests, closes the listeners and sends what is left to report. */
  stop(): Promise<void>
}

const maxDrainMs = 10_000

/** @throws GatewayConfigurationError, GatewayKeyError, OpenFileError: before anything listens */
export function createGateway({ configuration, readAgain, writeLog, fetch, clock = Date.now }: GatewayOptions): Gateway {
  const { headers, signedHeader } = configuration
  const log = createLog(configuration.logLevel, writeLog)
  const guard = openGuard(configuration, {
    ...(fetch && { fetch }),
    clock,
    onError: (error) => log.warn('the guard reports a fault', { fault: error.name, detail: error.message }),
  })
  checkRoutes(configuration, clock)
  let table = createRouteTable(configuration.routes)
  let keys = signedHeader ? readKeys(signedHeader.key) : []
  registerRoutes(guard, configuration.routes)
  let isStopping = false

  const metrics = createMetrics()
  const decisionLog = createDecisionLog(log, clock)
  const nextRequestId = createRequestIds(createGuardName(), clock)
  const onDecided = (decided: Decided) => {
    metrics.decided(decided)
    decisionLog.decided(decided)
  }
  const sign = signedHeader && createHeaderSigner({ ...signedHeader, keys: () => keys, clock })
  const decide = createDecider({
    guard,
    routes: () => table,
    prefix: headers.prefix,
    partnerHeader: headers.partner,
    allowsPreflights: configuration.cors,
    sign,
    nextRequestId,
    onDecided,
  })

  const trusted = createTrustedPeers(configuration.trustedProxies)
  const peersAt = (place: string) => (isLocalSocket(parseListenAddress(place)!) ? trustEveryPeer(trusted) : trusted)
  const readiness = createReadiness({ guard, routes: () => table.routes.length, isStopping: () => isStopping })
  const onRefusedProxy = (code: string, peer: string | undefined, detail: string) => {
    metrics.refusedProxy(code)
    decisionLog.refusedProxy(code, peer, detail)
  }
  const peers = peersAt(configuration.listen)
  const http = createHttpListener({ decide, guard, peers, nextRequestId, onRefusedProxy, isStopping: () => isStopping })
  const refuseQuestion = (detail: string) => {
    onRefusedProxy('invalid-request', undefined, detail)
    return refuseProxy(guard, 'invalid-request', nextRequestId(), detail)
  }
  let grpc: GrpcListener | undefined
  const health = createHealthListener({ readiness, metrics, keys: () => keys })

  function noteHiddenMethods(): void {
    for (const hidden of findHiddenMethods(table.routes)) log.warn(`${hidden}: the more exact path decides alone`)
  }

  return {
    decideRequest: decide,
    async listen() {
      noteHiddenMethods()
      await openListener(health, parseListenAddress(configuration.healthListen)!)
      await openListener(http, parseListenAddress(configuration.listen)!)
      if (configuration.grpcListen !== undefined) {
        const onStranger = (peer: string | undefined) => onRefusedProxy('untrusted-peer', peer, 'A connection for gRPC was closed.')
        const asking = { decide, refuse: refuseQuestion, peers: peersAt(configuration.grpcListen), onStranger, prefix: headers.prefix }
        grpc = await startGrpcListener(asking, parseListenAddress(configuration.grpcListen)!)
      }
      const { ready, failure } = await readiness.check()
      if (!ready) log.warn('requests get 503 until the server can be asked', { detail: failure })
    },
    get addresses() {
      return { http: addressOf(http), health: addressOf(health), ...(grpc && { grpc: grpc.address }) }
    },
    reload() {
      try {
        const next = (readAgain ?? refuseReload)()
        checkRoutes(next, clock)
        const nextKeys = next.signedHeader && signedHeader ? readKeys(next.signedHeader.key) : keys
        table = createRouteTable(next.routes)
        keys = nextKeys
        registerRoutes(guard, next.routes)
        metrics.keep(new Set(table.routes.map(({ template }) => template.text)))
        const waiting = changedSettings(configuration, next)
        log.info('the routes were loaded again', { routes: table.routes.length })
        if (waiting.length > 0) log.warn(`the change of ${waiting.join(', ')} needs a restart`)
        noteHiddenMethods()
        return true
      } catch (error) {
        log.error('the new configuration is invalid; the routes and keys from before stay', { detail: (error as Error).message })
        return false
      }
    },
    async stop() {
      isStopping = true
      await Promise.all([...[http, health].map(closeServer), grpc?.close()])
      await guard.close()
    },
  }
}

function readKeys(location: string): readonly GatewayKey[] {
  return readGatewayKeys(location.replace(/^file:/, ''))
}

function refuseReload(): never {
  throw new Error('There is no file to read again')
}

/** Apart from the routes and the keys. */
function changedSettings(before: GatewayConfiguration, now: GatewayConfiguration): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)] as (keyof GatewayConfiguration)[])
  names.delete('routes')
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  const timer = setTimeout(() => server.closeAllConnections(), maxDrainMs)
  await promise
  clearTimeout(timer)
}
