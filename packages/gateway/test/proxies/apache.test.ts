import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, versionOf } from './proxy.fixture.ts'

const program = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'

/** What Debian's apache2.conf says besides. */
const around = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'lua'].map(
  (name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`,
)

testProxy({
  name: 'Apache httpd',
  skip:
    skipWithoutDebian('Apache httpd', 'apache2', program) || skipWithoutDebian('LuaSocket', 'lua-socket', '/usr/share/lua/5.3/socket.lua'),
  version: () => versionOf(program, '-v'),
  limits: { keepsBodies: true },
  prepare(stack) {
    const { folder } = stack
    copyFiles(stack, 'apache/countersign.conf', 'apache/countersign.lua', 'lua/ask_gateway.lua')
    chmodSync(folder, 0o755) // It does not run as root.
    const account = process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []
    const settings = [`ServerRoot ${folder}`, 'ServerName api.example.com', 'PidFile apache.pid', 'ErrorLog "||/bin/cat"', 'LogLevel error']
    writeFileSync(join(folder, 'apache.conf'), [...settings, ...around, ...account, 'Include countersign.conf', ''].join('\n'))
    return [program, '-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND']
  },
})
