import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { findFreePort } from '../free-port.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { nodeOf } from '../../src/node-ids.ts'
import { startNodes } from './nodes.fixture.ts'

const skip = skipWithoutPostgres() || (process.platform !== 'linux' && 'reusePort is used on Linux')

test('two servers of one machine share a port, and the system sends connections to both', { skip }, async (t) => {
  const port = await findFreePort()
  const { nodes } = await startNodes(t, 2, { settings: `reusePort: true`, listen: `127.0.0.1:${port}` })
  for (const { server } of nodes) await server.listen()
  const answering = new Set<string>()
  // The node is part of each request id. The system chooses by the port of the caller.
  for (let connection = 0; connection < 100 && answering.size < 2; connection++) answering.add(await nodeThatAnswers(port))
  assert.equal(answering.size, 2)
})

function nodeThatAnswers(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    request({ host: '127.0.0.1', port, path: '/nowhere', agent }, (response) => {
      response.resume().on('end', () => resolve(nodeOf(String(response.headers['x-request-id']))))
    })
      .on('error', reject)
      .end()
  })
}
