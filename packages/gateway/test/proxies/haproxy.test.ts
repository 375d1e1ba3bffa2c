import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'

const program = '/usr/sbin/haproxy'

testProxy({
  name: 'HAProxy',
  skip: skipWithoutDebian('HAProxy', 'haproxy', program),
  version: () => versionOf(program, '-v'),
  prepare(stack) {
    copyFiles(stack, 'haproxy/haproxy.cfg', 'haproxy/countersign.lua', 'lua/ask_gateway.lua')
    return [program, '-f', 'haproxy.cfg', '-db']
  },
})
