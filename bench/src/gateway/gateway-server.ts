// The gateway in a process of its own, in front of a server in memory, so that only its own work is measured.
import { createGateway, parseGatewayConfiguration } from '@countersign/gateway'
import { serverInMemory } from '../guard/remote-realm.ts'
import { audience, issuers, partnerId } from '../guard/realm.ts'

/** What the process tells first. */
export interface GatewayListening {
  readonly port: number
  readonly token: string
  readonly path: string
}

const [issuer] = issuers
process.env['GATEWAY_SECRET'] = 'not-a-real-secret'
const configuration = parseGatewayConfiguration(
  `
listen: 127.0.0.1:0
healthListen: 127.0.0.1:0
trustedProxies: [127.0.0.1]
issuer: ${issuer.issuer}
realm: nt24-idp
tokenProfile: keycloak
audience: ${audience}
credentials: { clientId: nt24-gateway, clientSecret: env:GATEWAY_SECRET }
routes:
  - { path: '/v1/partners/{sellerId}/**', methods: [GET], requires: { partner: sellerId, scope: profile } }
  - { path: /v1/me, methods: [GET], requires: {} }
  - { path: /docs/**, methods: [GET], public: true }
`,
  import.meta.dirname,
)
const gateway = createGateway({ configuration, writeLog: (line) => void process.stderr.write(line), fetch: serverInMemory(issuer) })
await gateway.listen()

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuSeconds: (user + system) / 1e6, memoryMebibytes: process.memoryUsage.rss() / 1024 / 1024 })
})
process.on('disconnect', async () => {
  await gateway.stop()
  process.exit()
})
const listening: GatewayListening = {
  port: Number(gateway.addresses.http.split(':').at(-1)),
  token: issuer.mintTokens(1)[0]!,
  path: `/v1/partners/${partnerId}/orders`,
}
process.send?.(listening)
