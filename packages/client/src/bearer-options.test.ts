import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BearerOptions } from './bearer-options.ts'
import { createTestClient } from './token-endpoint.fixture.ts'
import { withBearer } from './with-bearer.ts'

const { tokens } = createTestClient()
const origins = ['https://api.example.com']

const refusals: [what: string, options: unknown, message: RegExp][] = [
  [
    'an unknown option',
    { origin: 'https://api.example.com' },
    /unknown option "origin"; expected "origins", "retryAfter", "throwProblems"/,
  ],
  ['a missing list of origins', {}, /"origins" must list at least one origin/],
  ['a number in place of throwProblems', { origins, throwProblems: 1 }, /"throwProblems" must be true or false; found number/],
  ['a number in place of retryAfter', { origins, retryAfter: 3 }, /"retryAfter" must be true, false or an object/],
  ['an unknown member of retryAfter', { origins, retryAfter: { attempts: 3 } }, /retryAfter: unknown option "attempts"/],
  ['no attempt at all', { origins, retryAfter: { maxAttempts: 0 } }, /"retryAfter.maxAttempts" must be a whole number from 1 to 10/],
  ['eleven attempts', { origins, retryAfter: { maxAttempts: 11 } }, /"retryAfter.maxAttempts"/],
  ['a wait of more than an hour', { origins, retryAfter: { maxWaitSeconds: 3601 } }, /"retryAfter.maxWaitSeconds" must be .* 0 to 3600/],
  ['a clock of retryAfter without its functions', { origins, retryAfter: { clock: 5 } }, /"retryAfter.clock" must be .*; found number/],
  [
    'a number in place of retryAfter.random',
    { origins, retryAfter: { random: 7 } },
    /"retryAfter.random" must be a function; found number/,
  ],
  ['a wait that is no number', { origins, retryAfter: { maxWaitSeconds: Number.NaN } }, /"retryAfter.maxWaitSeconds"/],
]
for (const [what, options, message] of refusals)
  test(`withBearer rejects ${what}`, () => {
    assert.throws(() => withBearer(fetch, tokens, options as BearerOptions), { name: 'TypeError', message })
  })

test('withBearer rejects what is no token provider', () => {
  const wrong = { getToken: async () => 'token-1' } as unknown as typeof tokens
  assert.throws(() => withBearer(fetch, wrong, { origins }), {
    name: 'TypeError',
    message: /"tokens" must be what createTokenProvider\(\) returns/,
  })
})
