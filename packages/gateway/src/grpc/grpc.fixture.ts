// Envoy's side of the question: a client of gRPC in front of a gateway in memory.
import { Client, credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { aGateway } from '../gateway.fixture.ts'
import { refuseProxy } from '../decide-request.ts'
import { createTrustedPeers } from '../trusted-peers.ts'
import { authorizationService, type CheckRequest, type CheckResponse } from './check-messages.ts'
import { startGrpcListener } from './grpc-listener.ts'

export interface GrpcFront {
  readonly gateway: ReturnType<typeof aGateway>
  /** Rejects with an error of gRPC. */
  check(request: CheckRequest, options?: { deadline?: number }): Promise<CheckResponse>
  /** The address of the listener. */
  readonly address: string
  /** Peers whose connection was closed. */
  readonly strangers: readonly (string | undefined)[]
}

type Check = (request: CheckRequest, options: object, callback: (error: ServiceError | null, response: CheckResponse) => void) => void

export async function startGrpcFront(
  t: { after(clean: () => unknown): void },
  { networks = ['127.0.0.1'], decide }: { networks?: readonly string[]; decide?: ReturnType<typeof aGateway>['decide'] } = {},
): Promise<GrpcFront> {
  const gateway = aGateway()
  const strangers: (string | undefined)[] = []
  const listener = await startGrpcListener(
    {
      decide: decide ?? gateway.decide,
      refuse: (detail) => refuseProxy(gateway.guard, 'invalid-request', '00000000000a-0000000b-00000000', detail),
      peers: createTrustedPeers(networks),
      onStranger: (address) => strangers.push(address),
      prefix: 'x-auth-',
    },
    { host: '127.0.0.1', port: 0 },
  )
  const { check, close } = aGrpcClient(listener.address)
  t.after(async () => {
    close()
    await listener.close()
  })
  return {
    gateway,
    address: listener.address,
    strangers,
    check,
  }
}

/** @param address of the listener, such as "127.0.0.1:9002" or "unix:/run/gateway.sock" */
export function aGrpcClient(address: string): Pick<GrpcFront, 'check'> & { close(): void } {
  const Constructor = makeGenericClientConstructor(authorizationService, 'Authorization')
  const client = new Constructor(address, credentials.createInsecure()) as unknown as Client & { Check: Check }
  return {
    check: (request, options = {}) =>
      new Promise((resolve, reject) => {
        client.Check(request, options, (error, response) => (error ? reject(error) : resolve(response)))
      }),
    close: () => client.close(),
  }
}

/** As Envoy asks with `encode_raw_headers`. */
export function aCheck(method: string, path: string, headers: readonly (readonly [name: string, value: string])[]): CheckRequest {
  return {
    attributes: {
      source: { address: { socketAddress: { address: '198.51.100.7' } } },
      request: {
        http: { method, path, headerMap: { headers: headers.map(([key, value]) => ({ key, rawValue: Buffer.from(value, 'latin1') })) } },
      },
    },
  }
}
