import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { findFreePort, findFreePorts } from './free-port.fixture.ts'

const everyPort = `
import { createServer } from 'node:net'
import { findFreePort } from '${import.meta.resolve('./free-port.fixture.ts')}'
console.log(await findFreePort())
setInterval(() => {}, 1000)
`

test(
  'a port on which nothing listens yet is not given to another process while its owner lives',
  { skip: process.platform !== 'linux' && 'needs Linux' },
  async (t) => {
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', everyPort], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => owner.kill('SIGKILL'))
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const name = `\0countersign-test-port-${Number(String(line))}`
    const taken = await new Promise((resolve) =>
      createServer()
        .once('error', resolve)
        .listen(name, () => resolve(undefined)),
    )
    assert.match(String(taken), /EADDRINUSE/)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const free = createServer().listen(name)
    await once(free, 'listening')
    free.close()
  },
)

test('no port is given twice, and none that is in use', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? findFreePort() : findFreePorts())))
  assert.equal(new Set(ports.flatMap((port, i) => (i % 2 ? port : [port, port + 1]))).size, 300)
})
