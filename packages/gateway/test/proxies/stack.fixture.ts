// A gateway and the API that it protects, between which a real proxy runs: the authorization server is in memory, the rest listens on loopback.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  aClock,
  anEntitlementDocument,
  aSigningKey,
  audience,
  issuer,
  keycloakClaims,
  organizationId,
  partnerId,
  signToken,
} from '@countersign/guard/guard.fixture'
import { aRemoteServer, entitlementUrl } from '@countersign/guard/remote.fixture'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { createGateway, parseGatewayConfiguration, type Gateway } from '../../src/index.ts'

export interface Ports {
  readonly front: number
  readonly http: number
  readonly grpc: number
  readonly api: number
}

/** A request as the API behind the proxy saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  /** Resolves with the first bytes of the body. */
  readonly firstChunk: Promise<string>
  /** Resolves with the length of the body. */
  readonly length: Promise<number>
}

export interface Stack {
  readonly ports: Ports
  /** For files of the proxy; removed at the end. */
  readonly folder: string
  /** What the API saw since the last call. */
  takeSeen(): readonly SeenRequest[]
  /** A valid token, with some of its claims changed. */
  token(claims?: Readonly<Record<string, unknown>>): string
  /** Verifies the signed header. */
  readonly gatewayKey: KeyObject
  /** What the gateway would answer to a proxy that says everything. */
  readonly gateway: () => Gateway
  /** How many decisions the gateway has made. */
  countDecisions(): Promise<number>
  stopGateway(): Promise<void>
  startGateway(): Promise<void>
}

/** May send nothing. */
export const limitedClient = 'api-client-limited'
/** The authorization server fails for it. */
export const awayClient = 'api-client-away'
export const limitedOrganizationId = organizationId.replace('0b7c', '0b7d')
export const awayOrganizationId = organizationId.replace('0b7c', '0b7e')
const rights: Readonly<Record<string, object>> = {
  'api-client-acme': { rateLimit: { tier: 'standard', limit: 1_000_000, windowSeconds: 60 } },
  [limitedClient]: { id: limitedOrganizationId, slug: 'limited', rateLimit: { tier: 'small', limit: 0, windowSeconds: 60 } },
}

/** @param atSocket whether the gateway listens for HTTP at the socket of {@link socketIn} and not at its port */
export async function startStack(t: { after(clean: () => unknown): void }, { atSocket = false } = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-proxy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const ports = { front: await findFreePort(), http: await findFreePort(), grpc: await findFreePort(), api: await findFreePort() }
  const health = await findFreePort()
  const key = aSigningKey()
  const server = anAuthorizationServer(key)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(folder, 'secret'), 'not-a-real-secret', { mode: 0o600 })
  writeFileSync(join(folder, 'gateway.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  const place = atSocket ? `unix:${socketIn(folder)}` : `127.0.0.1:${ports.http}`
  const settings = parseGatewayConfiguration(configurationOf(place, ports, health), folder)
  const start = async () => {
    const gateway = createGateway({ configuration: settings, fetch: server.fetch, clock: aClock().now, writeLog: () => {} })
    await gateway.listen()
    return gateway
  }
  let gateway: Gateway | undefined = await start()
  const api = await startApi(ports.api)
  t.after(async () => {
    await gateway?.stop()
    api.server.closeAllConnections()
    await new Promise((resolve) => api.server.close(resolve))
  })
  return {
    ports,
    folder,
    takeSeen: () => api.seen.splice(0),
    token: (claims = {}) => signToken(key, { alg: 'ES256', typ: 'JWT', kid: key.kid }, keycloakClaims(claims)),
    gatewayKey: publicKey,
    gateway: () => gateway!,
    async countDecisions() {
      const metrics = await fetch(`http://127.0.0.1:${health}/metrics`).then((response) => response.text())
      return Array.from(metrics.matchAll(/^countersign_gateway_decisions_total\{.*\} (\d+)$/gm), ([, count]) => Number(count)).reduce(
        (a, b) => a + b,
        0,
      )
    },
    async stopGateway() {
      await gateway?.stop()
      gateway = undefined
    },
    async startGateway() {
      gateway = await start()
    },
  }
}

/** @param folder of the stack */
export function socketIn(folder: string): string {
  return join(folder, 'gateway.sock')
}

function anAuthorizationServer(key: ReturnType<typeof aSigningKey>) {
  const server = aRemoteServer(key)
  server.answer(`${issuer}/v1/decisions`, () => new Response(null, { status: 204 }))
  server.answer(entitlementUrl, ({ url }) => {
    const clientId = new URL(url).searchParams.get('client_id') ?? ''
    const organization = rights[clientId]
    if (!organization) return new Response(null, { status: 503 })
    return Response.json(anEntitlementDocument({ organization, client: { clientId } }))
  })
  return server
}

function configurationOf(listen: string, { grpc }: Ports, health: number): string {
  return `listen: ${listen}
grpcListen: 127.0.0.1:${grpc}
healthListen: 127.0.0.1:${health}
trustedProxies: [127.0.0.1]
issuer: ${issuer}
realm: nt24-idp
tokenProfile: keycloak
audience: ${audience}
credentials: { clientId: nt24-api, clientSecret: file:secret }
signedHeader: { key: file:gateway.key, audience: orders }
logLevel: silent
routes:
  - { path: '/v1/partners/{sellerId}/orders', methods: [GET, POST], requires: { scope: 'orders:read', partner: sellerId } }
  - { path: '/v1/partners/{sellerId}/files/{name}', methods: [GET], requires: { scope: 'orders:read', partner: sellerId } }
  - { path: /v1/payouts, methods: [GET], requires: { scope: 'orders:write' } }
  - { path: /v1/payments, methods: [POST], requires: { requestor: required } }
  - { path: /health, methods: [GET], public: true }
`
}

async function startApi(port: number): Promise<{ readonly server: Server; readonly seen: SeenRequest[] }> {
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    seen.push(describe(request, response))
  })
  server.listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { server, seen }
}

function describe(request: IncomingMessage, response: ServerResponse): SeenRequest {
  const { method = '', url = '', rawHeaders } = request
  const first = Promise.withResolvers<string>()
  const length = Promise.withResolvers<number>()
  let received = 0
  request
    .on('data', (chunk: Buffer) => {
      received += chunk.length
      first.resolve(chunk.toString())
    })
    .on('end', () => {
      length.resolve(received)
      const [, status = '200'] = /[?&]answer=(\d{3})\b/.exec(url) ?? []
      const headers = { 'content-type': 'application/json', ...(status === '401' && { 'www-authenticate': 'Basic realm="api"' }) }
      response.writeHead(Number(status), headers).end('{"orders":[]}')
    })
    .on('error', () => {})
  return { method, url, rawHeaders, firstChunk: first.promise, length: length.promise }
}

export const ordersPath = `/v1/partners/${partnerId}/orders`
