// The commands on the pages of problems.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemFixes } from '@countersign/protocol'
import { findMissing, findUnknown } from './unknown-words.fixture.ts'

const commands = Object.entries(problemFixes).flatMap(([code, fixes]) =>
  fixes.flatMap(({ command }) => (command === undefined ? [] : [{ code, command }])),
)

test('every command that can fix a problem exists, with the options that it needs', () => {
  assert.ok(commands.length > 40)
  for (const { code, command } of commands) {
    const [program, ...words] = command.split(' ')
    const call = words.join(' ')
    assert.deepEqual([program, findUnknown(call), findMissing(call)], ['countersign', undefined, []], `${code}: ${command}`)
  }
})
