import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSandboxServers, fileOf, playOne, testPace } from './backends.fixture.ts'

const servers = createSandboxServers()
const folder = mkdtempSync(join(tmpdir(), 'countersign-certify-'))
after(async () => {
  await servers.close()
  rmSync(folder, { recursive: true })
})

test('a burst of which some calls get no answer is told about the queue of connections, not about tokens', async () => {
  const file = join(folder, 'backend.mjs')
  // As a full queue on Linux: the caller is connected, and the program does not see it.
  writeFileSync(
    file,
    `import { createServer } from 'node:http'
import { createServer as createListener } from 'node:net'
import { Backend } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
const backend = new Backend()
const server = createServer(async (_, response) => response.writeHead((await backend.callApi()).status).end())
let connections = 0
createListener((socket) => socket.on('error', () => {}) && ++connections <= 15 && server.emit('connection', socket)).listen(process.env.PORT, '127.0.0.1')`,
  )
  const { outcome, faults } = await playOne('burst', [process.execPath, file], servers, { ...testPace, burst: 20, burstPatience: 2 })
  assert.equal(outcome, 'wrong')
  assert.equal(faults.length, 1)
  const [{ seen, remedy }] = faults as [(typeof faults)[0]]
  assert.match(seen, /^[56] of 20 calls got no answer within 2 s/)
  assert.match(remedy ?? '', /queue at which a program listens is too short\. Raise its backlog .*"request_queue_size"/)
})

test('a burst in which every call requests a token gets one finding, also if calls get no connection meanwhile', async () => {
  const file = join(folder, 'stampede.mjs')
  writeFileSync(
    file,
    `import { createServer } from 'node:http'
import { Backend } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
const backend = new (class extends Backend {
  renew() {
    return this.renewNow()
  }
})()
let connections = 0
createServer(async (_, response) => response.writeHead((await backend.callApi()).status).end())
  .on('connection', (socket) => ++connections > 15 && socket.resetAndDestroy())
  .listen(process.env.PORT, '127.0.0.1')`,
  )
  const { outcome, faults } = await playOne('burst', [process.execPath, file], servers, { ...testPace, burst: 20, burstPatience: 2 })
  assert.equal(outcome, 'wrong')
  assert.deepEqual(faults, [{ seen: faults[0]?.seen, expected: 'one token request' }])
  assert.match(faults[0]?.seen ?? '', /^20 calls at once made 1\d token requests$/)
})

test('a queue that refuses some connections and lets others wait is one fault', async () => {
  const file = join(folder, 'refusing.mjs')
  writeFileSync(
    file,
    `import { createServer } from 'node:http'
import { createServer as createListener } from 'node:net'
import { Backend } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
const backend = new Backend()
const server = createServer(async (_, response) => response.writeHead((await backend.callApi()).status).end())
let connections = 0
createListener((socket) => {
  socket.on('error', () => {})
  if (++connections > 15) socket.resetAndDestroy()
  else if (connections <= 10) server.emit('connection', socket)
}).listen(process.env.PORT, '127.0.0.1')`,
  )
  const { faults } = await playOne('burst', [process.execPath, file], servers, { ...testPace, burst: 20, burstPatience: 2 })
  assert.equal(faults.length, 1)
  assert.match(faults[0]?.seen ?? '', /^\d of 20 calls got no connection: .*, and \d got no answer within 2 s$/)
  assert.match(faults[0]?.remedy ?? '', /queue of connections at which the backend listens is too short/)
})
