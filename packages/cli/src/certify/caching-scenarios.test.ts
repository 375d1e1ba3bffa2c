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
