import assert from 'node:assert/strict'
import { test } from 'node:test'

test('one that passes beside', () => {})
test('one that fails', () => assert.equal('the store', process.env['COUNTERSIGN_TEST_STORE']))
