import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordFailover } from './record-failover.ts'

test('fault 9.14: the server records no failover of a SQLite store', async () => {
  const failover = { from: 0, to: 1, nodes: [], recordedBy: 'root@db1', reason: 'it looks lost' }
  const fails = () => assert.fail()
  const recorded = recordFailover({ isShared: false }, fails, { reconcile: fails }, failover)
  await assert.rejects(recorded, { name: 'StoreError', message: /^A SQLite store has no standby/ })
})
