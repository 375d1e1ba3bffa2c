// Recovery after a power failure: all nodes start at the same moment with an empty cache, and all clients are waiting.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

const clients = 4000
/** Unanswered requests that a load balancer has sent to one node. */
const underWay = 250

/** Counts the client queries of this process. Cheaper than a mock, which keeps every call. */
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
  'abuse 236: when all nodes start at once each of thousands of waiting clients gets a token, and their lookups are batched',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { nodes, addNode, fill } = await startNodes(t, 2)
    const clientSecret = await fill(clients)
    await Promise.all(nodes.map(({ server }) => server.close()))
    const reads = countReads(t)
    const restarted = await Promise.all([addNode(), addNode()])

    const statuses = new Map<number, number>()
    const waiting = Array.from({ length: clients }, (_, number) => `client-${number}`)
    /** Sends one request after another; like the client library, it waits for Retry-After after a 503. */
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
