import { findEnvoy, skipWithoutEnvoy } from './envoy.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'

const skip = skipWithoutEnvoy()

for (const [name, file] of [
  ['Envoy, gRPC', 'envoy-grpc.yaml'],
  ['Envoy, HTTP', 'envoy-http.yaml'],
] as const) {
  // prettier-ignore
  testProxy({
    name,
    skip,
    ...(file === 'envoy-http.yaml' && { limits: { believesAnyYes: true } }),
    version: () => versionOf(findEnvoy()!, '--version'),
    prepare(stack) {
      copyFiles(stack, `envoy/${file}`)
      return [findEnvoy()!, '--config-path', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error']
    },
  })
}
