import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readError } from './call-error.ts'

test('a person reads how long to wait, and not the name of a header', async () => {
  const problem = { type: 'http://localhost/problems/rate-limited', remedy: 'Wait for the seconds in "Retry-After", then try again.' }
  const response = new Response(JSON.stringify(problem), { status: 429, headers: { 'retry-after': '12' } })
  assert.equal((await readError(response)).remedy, 'Wait for 12 seconds, then try again.')
  const without = new Response(JSON.stringify(problem), { status: 429 })
  assert.equal((await readError(without)).remedy, 'Wait for some seconds, then try again.')
})
