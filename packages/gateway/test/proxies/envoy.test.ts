import { findEnvoy, skipWithoutEnvoy } from './envoy.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf, type Proxy } from './proxy.fixture.ts'
import { testAtSocket } from './socket-contract.fixture.ts'

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

testProxy(anEnvoy('Envoy, gRPC', 'envoy-grpc.yaml'))
const overHttp: Proxy = { ...anEnvoy('Envoy, HTTP', 'envoy-http.yaml'), limits: { believesAnyYes: true } }
testProxy(overHttp)

testAtSocket(overHttp, 'envoy-http.yaml', {
  from: (port) => `socket_address: { address: 127.0.0.1, port_value: ${port} }`,
  to: (socket) => `pipe: { path: ${socket} }`,
})
