import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'

const program = '/usr/bin/caddy'

testProxy({
  name: 'Caddy',
  skip: skipWithoutDebian('Caddy', 'caddy', program),
  version: () => versionOf(program, 'version'),
  prepare(stack) {
    copyFiles(stack, 'caddy/Caddyfile')
    return [program, 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
  },
})
