import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createWarning, NodeGuardRequest } from './node-request.ts'

test('a warning is given once a minute, with how often it was not, also if the clock is set back', () => {
  const warned: string[] = []
  let now = 0
  const warn = createWarning(
    'It failed',
    (text) => warned.push(text),
    () => now,
  )
  for (const at of [0, 1000, 59_999, 60_000, -1]) {
    now = at
    warn('away')
  }
  assert.deepEqual(warned, ['It failed: away', 'It failed (and 2 times before): away', 'It failed: away'])
})

test('an id in the form of ours, which the caller may have chosen, is not that of the request', () => {
  const idOf = (id: unknown) => {
    const message = { rawHeaders: [], id } as unknown as IncomingMessage
    return new NodeGuardRequest(message, { url: '/', params: {}, route: undefined }).requestId
  }
  assert.deepEqual(['request-1', 7, undefined, {}, '019ac5d2f000-0badcafe-00000007'].map(idOf), [
    'request-1',
    '7',
    undefined,
    undefined,
    undefined,
  ])
})
