// Where Envoy asks over gRPC. Only trusted peers get as far as a connection, and each has bounds on its streams, messages and time.
import { createServer, type Socket } from 'node:net'
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import type { DecideRequest, GatewayVerdict } from '../decide-request.ts'
import type { ListenAddress } from '../listen-address.ts'
import { addressOf, openListener } from '../open-listener.ts'
import type { TrustedPeers } from '../trusted-peers.ts'
import { answerCheck } from './answer-check.ts'
import { authorizationService, type CheckRequest, type CheckResponse } from './check-messages.ts'
import { readCheck } from './read-check.ts'

export interface GrpcListenerOptions {
  readonly decide: DecideRequest
  /** The response to a question that is no question. @param detail a sentence */
  readonly refuse: (detail: string) => GatewayVerdict
  readonly peers: TrustedPeers
  /** A peer that is not trusted, whose connection is closed. */
  readonly onStranger: (address: string | undefined) => void
  /** Of the identity headers. */
  readonly prefix: string
}

export interface GrpcListener {
  /** Such as "127.0.0.1:9002" or "unix:/run/gateway.sock". */
  readonly address: string
  /** Answers what was asked, then closes. */
  close(): Promise<void>
}

/** Headers of 60 KiB, as much as Envoy takes, and what is said about them twice. Bytes. */
export const maxMessageLength = 131_072

const maxConnections = 100
const maxStreamsPerConnection = 1000
/** Longer than any proxy should wait. */
const decisionTimeoutMs = 5000
const closingTimeoutMs = 5000
const keepAliveMs = 30_000

/** @throws Error of the socket if it cannot listen */
export async function startGrpcListener(options: GrpcListenerOptions, place: ListenAddress): Promise<GrpcListener> {
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageLength,
    'grpc.max_concurrent_streams': maxStreamsPerConnection,
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': 5000,
  })
  server.addService(authorizationService, {
    Check: (call: ServerUnaryCall<CheckRequest, CheckResponse>, callback: sendUnaryData<CheckResponse>) =>
      void check(options, call.request).then(
        (response) => callback(null, response),
        () => callback({ code: status.UNAVAILABLE, details: 'not decided' }),
      ),
  })
  // Not bindAsync(): the peer is checked before it can open a stream.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    if (!options.peers.isTrusted(socket.remoteAddress)) {
      options.onStranger(socket.remoteAddress)
      return void socket.destroy()
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket)).on('error', () => {})
    socket.setNoDelay(true)
    injector.injectConnection(socket)
  })
  listener.maxConnections = maxConnections
  await openListener(listener, place)
  listener.on('error', () => {})
  return {
    address: addressOf(listener),
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      injector.drain(closingTimeoutMs)
      const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), closingTimeoutMs)
      await closed
      clearTimeout(timer)
      server.forceShutdown()
    },
  }
}

async function check({ decide, refuse, prefix }: GrpcListenerOptions, request: CheckRequest): Promise<CheckResponse> {
  const asked = readCheck(request)
  if ('fault' in asked) return answerCheck(refuse(`The question of the proxy ${asked.fault}.`), prefix)
  return answerCheck(await withinTime(decide(asked)), prefix)
}

/** @throws Error after the deadline: Envoy denies what is not decided */
async function withinTime<T>(decision: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('The decision took too long')), decisionTimeoutMs)
  try {
    return await Promise.race([decision, promise])
  } finally {
    clearTimeout(timer)
  }
}
