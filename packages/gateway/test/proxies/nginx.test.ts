import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf, type Proxy } from './proxy.fixture.ts'
import { testAtSocket } from './socket-contract.fixture.ts'

const program = '/usr/sbin/nginx'

const nginx: Proxy = {
  name: 'nginx',
  skip: skipWithoutDebian('nginx', 'nginx-light', program),
  version: () => versionOf(program, '-v'),
  limits: { believesAnyYes: true },
  prepare(stack) {
    copyFiles(stack, 'nginx/nginx.conf')
    return [program, '-p', stack.folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off; pid nginx.pid;']
  },
}

testProxy(nginx)

testAtSocket(nginx, 'nginx.conf', {
  from: (port) => `server 127.0.0.1:${port};`,
  to: (socket) => `server unix:${socket};`,
  // The workers of a root's nginx would be of a user who may not open the socket.
  firstLine: process.getuid?.() === 0 ? 'user root;\n' : '',
})
