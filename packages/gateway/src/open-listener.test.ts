// Unix sockets of the gateway, over real connections.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { aRemoteGuard } from '@countersign/guard/remote.fixture'
import { issuer, partnerId } from '@countersign/guard/guard.fixture'
import { parseGatewayConfiguration } from './configuration.ts'
import { createGateway } from './gateway.ts'
import { aCheck, aGrpcClient } from './grpc/grpc.fixture.ts'
import { addressOf, openListener } from './open-listener.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-sockets-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'secret'), 'not-a-real-secret\n', { mode: 0o600 })

const { server, clock, sign } = aRemoteGuard()
const orders = `/v1/partners/${partnerId}/orders`

/** A gateway that trusts no address of this machine. */
async function start(http: string, grpc: string) {
  const text = `
listen: unix:${http}
grpcListen: unix:${grpc}
healthListen: 127.0.0.1:0
trustedProxies: [192.0.2.1]
issuer: ${issuer}
realm: nt24-idp
tokenProfile: keycloak
audience: nt24-integration-api
credentials: { clientId: nt24-api, clientSecret: 'file:secret' }
routes: [{ path: '/v1/partners/{sellerId}/**', methods: [GET], requires: { partner: sellerId } }]
`
  const log: string[] = []
  const configuration = parseGatewayConfiguration(text, folder)
  const gateway = createGateway({ configuration, writeLog: (line) => log.push(line), fetch: server.fetch, clock: clock.now })
  await gateway.listen()
  return Object.assign(gateway, { log })
}

function ask(socketPath: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asked = request({ socketPath, path: '/forward-auth', agent: false, headers: { host: 'gateway', ...headers } }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode!))
  })
  asked.on('error', reject).end()
  return promise
}

test('at a socket, who may open it may ask, over HTTP and over gRPC; a stop removes it', async (t) => {
  const [http, grpc] = [join(folder, 'http.sock'), join(folder, 'grpc.sock')]
  const gateway = await start(http, grpc)
  t.after(() => gateway.stop())
  assert.deepEqual([gateway.addresses.http, gateway.addresses.grpc], [`unix:${http}`, `unix:${grpc}`])
  for (const path of [http, grpc]) assert.equal((statSync(path).mode & 0o777).toString(8), '660')
  const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': orders, 'x-forwarded-for': '198.51.100.9, 192.0.2.1' }
  assert.equal(await ask(http, { ...asked, authorization: `Bearer ${sign()}` }), 200)
  assert.equal(await ask(http, asked), 401)
  assert.match(gateway.log.join(''), /"address":"198\.51\.100\.9"/, 'trusted proxies are still those whose hops are skipped')
  const check = aCheck('GET', orders, [['authorization', `Bearer ${sign()}`]])
  const client = aGrpcClient(`unix:${grpc}`)
  assert.ok((await client.check(check)).okResponse)
  client.close()
  await gateway.stop()
  for (const path of [http, grpc]) assert.equal(statSync(path, { throwIfNoEntry: false }), undefined)
})

test('the socket of a process that was killed is replaced; one in use and any other file are an error', async () => {
  const path = join(folder, 'left.sock')
  const kill = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  assert.equal(spawnSync(process.execPath, ['-e', kill]).signal, 'SIGKILL')
  assert.ok(statSync(path).isSocket())
  const open = (server: Server) => openListener(server, { path })
  const first = createServer()
  await open(first)
  assert.equal(addressOf(first), `unix:${path}`)
  await assert.rejects(open(createServer()), { name: 'GatewayConfigurationError', message: /another process already listens there/ })
  assert.ok(statSync(path).isSocket())
  await new Promise((resolve) => first.close(resolve))
  writeFileSync(path, 'precious')
  await assert.rejects(open(createServer()), { name: 'GatewayConfigurationError', message: /expected no file there/ })
  assert.equal(statSync(path).size, 8)
})

test('a socket in a folder that does not exist, or is a file, is an error that names the folder', async () => {
  const file = join(folder, 'no-folder')
  writeFileSync(file, '')
  for (const parent of [join(folder, 'missing'), file]) {
    const opened = openListener(createServer(), { path: join(parent, 'gateway.sock') })
    await assert.rejects(opened, { name: 'GatewayConfigurationError', message: new RegExp(`expected a folder "${parent}"`) })
  }
})
