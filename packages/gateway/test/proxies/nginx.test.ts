import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'

const program = '/usr/sbin/nginx'

testProxy({
  name: 'nginx',
  skip: skipWithoutDebian('nginx', 'nginx-light', program),
  version: () => versionOf(program, '-v'),
  limits: { believesAnyYes: true },
  prepare(stack) {
    copyFiles(stack, 'nginx/nginx.conf')
    return [program, '-p', stack.folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off; pid nginx.pid;']
  },
})
