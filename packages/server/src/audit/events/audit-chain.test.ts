import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { createNodeName, createRequestIds } from '../../node-ids.ts'
import { createAuditChain } from './audit-chain.ts'
import { createAuditMac } from './audit-mac.ts'

const pepper = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }

test('the id of an event is not before that of its request, and later ids are not before it', () => {
  const node = createNodeName()
  const chain = createAuditChain(node, createAuditMac({ pepper }))
  const requestId = createRequestIds(node, () => 5000)()
  const ids = [
    chain.stamp({ kind: 'request', outcome: 'refused' }, 3000).id,
    chain.stamp({ kind: 'request', outcome: 'refused', requestId }, 4000).id,
    chain.stamp({ kind: 'request', outcome: 'refused' }, 4001).id,
  ]
  assert.ok(ids[1]!.slice(0, 12) >= requestId.slice(0, 12))
  assert.deepEqual(ids, ids.toSorted())
})

test('an event of a request that has just arrived begins with its own instant', () => {
  const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
  const requestId = createRequestIds(createNodeName(), () => 5000)()
  const { id, at } = chain.stamp({ kind: 'request', outcome: 'refused', requestId }, 5002)
  assert.deepEqual([Number.parseInt(id.slice(0, 12), 16), at], [5002, 5002])
})
