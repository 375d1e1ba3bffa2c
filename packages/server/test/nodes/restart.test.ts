// The power comes back: every server starts at the same moment, knows nobody, and all clients have been waiting for it.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const clients = 4000
/** Requests that a load balancer has sent to one server and that are not answered yet. */
const underWay = 250

/** Counts the questions for clients, whoever of this process asks them. Cheaper than a mock, which keeps every call. */
function countReads(t: TestContext): () => number {
  const { query } = Client.prototype
  let reads = 0
  Client.prototype.query = function (this: Client, ...all: unknown[]) {
    if (String(all[0]).includes('from "clients"')) reads++
    return Reflect.apply(query, this, all) as unknown
  } as typeof query
  t.after(() => void (Client.prototype.query = query))
  return () => reads
}

test(
  'abuse 236: when all servers start at once each of thousands of waiting clients gets a token, and those that wait are read together',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { nodes, addNode, fill } = await startNodes(t, 2)
    const clientSecret = await fill(clients)
    await Promise.all(nodes.map(({ server }) => server.close()))
    const reads = countReads(t)
    const restarted = await Promise.all([addNode(), addNode()])

    const statuses = new Map<number, number>()
    const waiting = Array.from({ length: clients }, (_, number) => `client-${number}`)
    /** One after the other; as the client library does it, after a 503 not before the time that it names. */
    async function send(node: Node): Promise<void> {
      for (let clientId = waiting.pop(); clientId !== undefined; clientId = waiting.pop()) {
        const { status, headers } = await node.requestToken({ clientId, clientSecret })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 200) continue
        waiting.unshift(clientId)
        await delay(Number(headers['retry-after']) * 1000)
      }
    }
    await Promise.all(restarted.flatMap((node) => Array.from({ length: underWay }, () => send(node))))
    t.diagnostic(`${JSON.stringify(Object.fromEntries(statuses))}, ${reads()} reads`)
    assert.equal(statuses.get(200), clients)
    assert.ok([...statuses.keys()].every((status) => status === 200 || status === 503))
    assert.ok(reads() < clients / 4, `${reads()} reads for ${clients} clients`)
  },
)
