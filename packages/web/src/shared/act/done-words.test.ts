import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationName } from '@countersign/admin'
import { table } from '@countersign/admin/table'
import { doneWords } from './done-words.ts'

test('every operation that changes something has words for its end, as a sentence', () => {
  const changes = Object.entries(table).filter(([, row]) => row.method !== 'GET' && !('reads' in row))
  for (const [name] of changes) {
    const said = doneWords(name as OperationName)
    assert.notEqual(said, doneWords('realms.list'), name)
    assert.match(said, /^[A-Z][^:]* (is|are|was|were|has|signs|stays) ?[^:]*\.$/, name)
  }
})
