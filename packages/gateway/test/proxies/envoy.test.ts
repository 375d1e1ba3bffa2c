import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { foreignPartnerId, partnerId } from '@countersign/guard/guard.fixture'
import { findEnvoy, skipWithoutEnvoy } from './envoy.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, startProxy, versionOf, type Proxy } from './proxy.fixture.ts'
import { send } from './send-request.fixture.ts'
import { testAtSocket } from './socket-contract.fixture.ts'
import { startStack } from './stack.fixture.ts'

function anEnvoy(name: string, file: string): Proxy {
  return {
    name,
    skip: skipWithoutEnvoy(),
    version: () => versionOf(findEnvoy()!, '--version'),
    prepare(stack) {
      copyFiles(stack, `envoy/${file}`)
      return [findEnvoy()!, '--config-path', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error']
    },
  }
}

const overGrpc = anEnvoy('Envoy, gRPC', 'envoy-grpc.yaml')
testProxy(overGrpc)
const overHttp: Proxy = { ...anEnvoy('Envoy, HTTP', 'envoy-http.yaml'), limits: { believesAnyYes: true } }
testProxy(overHttp)

testAtSocket(overHttp, 'envoy-http.yaml', {
  from: (port) => `socket_address: { address: 127.0.0.1, port_value: ${port} }`,
  to: (socket) => `pipe: { path: ${socket} }`,
})

/** With the part of the body that the gateway may get. */
function withBodies(proxy: Proxy, file: string, setting: string): Proxy {
  return {
    ...proxy,
    prepare(stack) {
      const command = proxy.prepare(stack)
      const path = join(stack.folder, file)
      const text = readFileSync(path, 'utf8')
      const changed = text.replace(/^( +)failure_mode_allow: false$/m, `$&\n$1with_request_body: { ${setting} }`)
      assert.notEqual(changed, text)
      writeFileSync(path, changed)
      return command
    },
  }
}

const bodies: readonly (readonly [proxy: Proxy, file: string, setting: string])[] = [
  [overGrpc, 'envoy-grpc.yaml', 'max_request_bytes: 1024, allow_partial_message: true'],
  [overGrpc, 'envoy-grpc.yaml', 'max_request_bytes: 1024, allow_partial_message: true, pack_as_bytes: true'],
  [overHttp, 'envoy-http.yaml', 'max_request_bytes: 1024, allow_partial_message: true'],
]

for (const [proxy, file, setting] of bodies)
  test(`abuse 271: ${proxy.name}, ${setting}: a partner in the body changes nothing`, { skip: proxy.skip, timeout: 60_000 }, async (t) => {
    const stack = await startStack(t)
    await startProxy(t, withBodies(proxy, file, setting), stack)
    const headers = ['Authorization', `Bearer ${stack.token()}`, 'Content-Type', 'application/json']
    for (const [partner, inBody, status] of [
      [partnerId, foreignPartnerId, 200],
      [foreignPartnerId, partnerId, 403],
    ] as const)
      for (const padding of ['', 'x'.repeat(100_000)]) {
        const body = JSON.stringify({ sellerId: inBody, partnerId: inBody, partner: inBody, padding })
        const answer = await send(stack.ports.front, { method: 'POST', path: `/v1/partners/${partner}/orders`, headers, body })
        const seen = stack.takeSeen()
        assert.deepEqual([answer.status, seen.length], [status, status === 200 ? 1 : 0])
        for (const { rawHeaders, length } of seen) {
          assert.equal(rawHeaders[rawHeaders.indexOf('x-auth-partner-id') + 1], partnerId)
          assert.equal(await length, body.length)
        }
      }
  })
