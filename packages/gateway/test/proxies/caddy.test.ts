import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf, type Proxy } from './proxy.fixture.ts'
import { testAtSocket } from './socket-contract.fixture.ts'

const program = '/usr/bin/caddy'

const caddy: Proxy = {
  name: 'Caddy',
  skip: skipWithoutDebian('Caddy', 'caddy', program),
  version: () => versionOf(program, 'version'),
  prepare(stack) {
    copyFiles(stack, 'caddy/Caddyfile')
    return [program, 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
  },
}

testProxy(caddy)

testAtSocket(caddy, 'Caddyfile', {
  from: (port) => `reverse_proxy 127.0.0.1:${port} {`,
  to: (socket) => `reverse_proxy unix/${socket} {`,
})
