import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from './command-line.ts'
import { callCommand } from './process.fixture.ts'
import { addReason } from './reason-option.ts'

function leavesOf(command: Command, path = ''): (readonly [path: string, command: Command])[] {
  return command.commands.flatMap((one) => {
    const name = `${path}${one.name()}`
    return one.commands.length > 0 ? leavesOf(one, `${name} `) : [[name, one] as const]
  })
}

const has = ({ options }: Command, long: string) => options.some((option) => option.long === long)
const leaves = leavesOf(createProgram())
/** What sends several requests, or goes on after its request. */
const others = new Set(['partner authorize', 'partner withdraw', 'pepper retire', 'key-encryption-key retire'])
const writes = leaves.filter(([path, command]) => has(command, '--idempotency-key') || others.has(path))

test('every command of an operator that changes something takes --reason, and its help has an example of one', () => {
  assert.ok(writes.length > 40)
  for (const [path, command] of writes) {
    assert.ok(has(command, '--reason'), path)
    assert.ok(
      command.helpInformation().replaceAll(/\s+/g, ' ').includes("--reason <text> reason for the change, such as 'ticket 4711';"),
      path,
    )
  }
})

test('a reason is required where the operation requires one', () => {
  const required = writes.filter(([, { options }]) => options.some(({ long, mandatory }) => long === '--reason' && mandatory))
  assert.deepEqual(
    required.map(([path]) => path),
    ['organization cut-tokens', 'organization lower-cut', 'client lower-cut', 'secret revoke', 'key compromise'],
  )
})

test('without a reason the request stays as it is, so that an older server accepts it', () => {
  assert.deepEqual(addReason({ params: {} }, {}), { params: {} })
  assert.deepEqual(addReason({ params: {} }, { reason: 'ticket' }), { params: {}, body: { reason: 'ticket' } })
  assert.deepEqual(addReason({ body: { name: 'x' } }, { reason: 'ticket' }), { body: { name: 'x', reason: 'ticket' } })
})

test('a client that rotates its own secret gives no reason', async () => {
  const { exitCode, stderr } = await callCommand('secret rotate --auto --reason ticket-4711')
  assert.deepEqual([exitCode, stderr.split('\n')[0]], [2, 'Error: "--reason" cannot be used with --auto.'])
})
