import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf, type Proxy } from './proxy.fixture.ts'
import { testAtSocket } from './socket-contract.fixture.ts'

const program = '/usr/sbin/haproxy'

const haproxy: Proxy = {
  name: 'HAProxy',
  skip: skipWithoutDebian('HAProxy', 'haproxy', program),
  version: () => versionOf(program, '-v'),
  prepare(stack) {
    copyFiles(stack, 'haproxy/haproxy.cfg', 'haproxy/countersign.lua', 'lua/ask_gateway.lua')
    return [program, '-f', 'haproxy.cfg', '-db']
  },
}

testProxy(haproxy)

testAtSocket(haproxy, 'countersign.lua', {
  from: (port) => `host, port = "127.0.0.1", ${port}`,
  to: (socket) => `host, port = "unix@${socket}", 0`,
})
