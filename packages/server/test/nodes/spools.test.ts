// A damaged spool in the folder of a running server: the alarms that operators see, and the audit log afterwards.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { startNodes, type Node } from './nodes.fixture.ts'

test(
  'fault 9.8: a damaged spool leaves the node ready, and is in the log, the metrics, the audit log and its verification',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { nodes, aKnownClient, log, query, verify, spoolOf, spooled } = await startNodes(t, 1, {
      settings: 'operationsListen: 127.0.0.1:0',
    })
    const [{ server, line, requestToken }] = nodes as [Node]
    const client = await aKnownClient()
    await server.listen()
    const operations = async (path: string) => (await fetch(`http://127.0.0.1:${server.operationsPort()}${path}`)).text()
    line.cut()
    for (let i = 0; i < 3; i++) assert.equal((await requestToken(client)).status, 200)
    const own = readdirSync(spoolOf(0)).find((name) => name.endsWith('.jsonl'))
    const left = '0123abcd-4194304-1700000000000.jsonl'
    writeFileSync(join(spoolOf(0), left), readFileSync(join(spoolOf(0), own!), 'utf8').replace('success', 'succe\0s'))
    line.heal()
    await eventually('both spools are moved', () => spooled(0) === 0)
    await eventually('the damage is told', async () => (await operations('/readyz')).includes('audit-spool-files'))

    const kept = `${left}.damaged`
    assert.ok(readdirSync(spoolOf(0)).includes(kept))
    assert.ok(log.some((line) => (JSON.parse(line) as { level: number }).level === 50 && line.includes(kept)))
    const { status, warnings } = JSON.parse(await operations('/readyz')) as { status: string; warnings: Record<string, string> }
    assert.equal(status, 'ok')
    assert.match(warnings['audit-spool-files'] ?? '', /0123abcd-.*\.jsonl\.damaged" contains lines that are no audit events/)
    assert.match(await operations('/metrics'), /^countersign_audit_spool_problems 1$/m)
    const recorded = await query<{ detail: string }>(`select detail from audit_events where kind = 'spool.damaged'`)
    assert.deepEqual(
      recorded.map(({ detail }) => JSON.parse(detail) as unknown),
      [{ node: '0123abcd', file: kept, position: 0 }],
    )
    await server.close()
    const { fault, damagedSpools } = await verify()
    assert.deepEqual([fault, damagedSpools?.length], [undefined, 1])
  },
)
