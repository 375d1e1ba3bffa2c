import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithoutDebian } from './debian.fixture.ts'
import { testProxy } from './proxy-contract.fixture.ts'
import { copyFiles, startProxy, versionOf, type Proxy } from './proxy.fixture.ts'
import { send } from './send-request.fixture.ts'
import { ordersPath, socketIn, startStack } from './stack.fixture.ts'

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

/** The workers of a root's nginx would be of a user who may not open the socket. */
const asThisUser = process.getuid?.() === 0 ? 'user root;\n' : ''

test('nginx asks a gateway at a unix socket', { skip: nginx.skip, timeout: 60_000 }, async (t) => {
  const stack = await startStack(t, { atSocket: true })
  const atSocket: Proxy = {
    ...nginx,
    prepare(given) {
      const command = nginx.prepare(given)
      const file = join(given.folder, 'nginx.conf')
      const text = readFileSync(file, 'utf8')
      const changed = text.replace(`server 127.0.0.1:${given.ports.http};`, `server unix:${socketIn(given.folder)};`)
      assert.notEqual(changed, text)
      writeFileSync(file, asThisUser + changed)
      return command
    },
  }
  await startProxy(t, atSocket, stack)
  const ask = (...headers: string[]) => send(stack.ports.front, { path: ordersPath, headers })
  const allowed = await ask('Authorization', `Bearer ${stack.token()}`)
  assert.deepEqual([allowed.status, stack.takeSeen().length], [200, 1])
  assert.deepEqual([(await ask()).status, stack.takeSeen().length], [401, 0])
  await stack.stopGateway()
  assert.deepEqual([(await ask('Authorization', `Bearer ${stack.token()}`)).status, stack.takeSeen().length], [503, 0])
})
