// What the API refuses, and what a new token can and cannot mend.
import { setTimeout as sleep } from 'node:timers/promises'
import { count, isSuccess, type Scenario, type Stage } from './scenario.ts'

export const renewOnce =
  'When the API answers 401 with error="invalid_token", drop that token, get one new token, and repeat the call once. Compare the token that was refused with the one you have: another call may have renewed it already.'

/** In seconds: what the API really accepts, in the scenario that tells a longer lifetime. */
const realLifetime = 2

/** In seconds: of tokens that are renewed because they expire. */
const shortestLifetime = 2

export const refusalScenarios: readonly Scenario[] = [
  {
    id: 'expired-token',
    title: 'A token that the API calls expired is renewed once, and the call is repeated',
    played: 'The token response says 5 minutes, the API refuses the token after 2 s: 401 with `error="invalid_token"`.',
    remedy: renewOnce,
    problem: 'expired-token',
    after: ['cached'],
    lifetime: ({ tokenLifetime }) => ({ told: tokenLifetime, real: realLifetime }),
    async play(stage) {
      await stage.warmUp()
      await stage.sandbox.setLifetime(stage.pace.tokenLifetime)
      await sleep(1000 * realLifetime)
      await expectOneRenewal(stage, 'the API said that the token has expired')
    },
  },
  {
    id: 'cut-tokens',
    title: 'After all tokens were revoked, one renewal brings the calls back',
    played: 'An operator invalidates all tokens of the organization. The next call gets 401 with `error="invalid_token"`.',
    remedy: renewOnce,
    problem: 'invalid-token',
    after: ['cached', 'expired-token'],
    async play(stage) {
      await stage.warmUp()
      await stage.sandbox.cutTokens()
      await expectOneRenewal(stage, 'all tokens were revoked')
    },
  },
  {
    id: 'new-signing-key',
    title: 'A new signing key of the issuer needs nothing',
    played: 'The issuer signs the next token with another key, of another algorithm.',
    remedy: 'Treat the token as an opaque text: neither verify it nor read it. Only the API has to know the keys.',
    lifetime: () => ({ told: shortestLifetime }),
    async play(stage) {
      await stage.warmUp()
      await stage.sandbox.changeSigningKey()
      await sleep(1000 * shortestLifetime)
      const answered = await stage.call()
      const seen = `the first call with a token that a new key has signed got ${answered}`
      stage.expect(isSuccess(answered), seen, 'a call that succeeds')
    },
  },
  {
    id: 'persistent-401',
    title: 'An API that refuses every token is not asked in a loop',
    played: 'The API answers each call with 401 `error="invalid_token"`, also those with a new token.',
    remedy: 'Repeat a call once, with a token that is new. If that is refused, too, return the error to the caller.',
    problem: 'invalid-token',
    after: ['cached', 'expired-token'],
    async play(stage) {
      const { sandbox, refuse } = stage
      const usual = await stage.warmUp()
      const [tokens, calls] = [stage.tokenRequests.length, stage.api.length]
      sandbox.api.fault = () => refuse.call('invalid-token', { error: 'invalid_token' })
      const answered = await stage.call(4000)
      const [newTokens, newCalls] = [stage.tokenRequests.length - tokens, stage.api.length - calls]
      const seen = `one call made ${count(newCalls, 'request')} to the API and ${count(newTokens, 'token request')}`
      stage.expect(newTokens <= usual && newCalls <= 3 * usual, seen, `at most one repetition and one token request`)
      stage.expect(answered !== 'no answer', 'the call did not end within 4 s', 'an error for the caller')
      stage.expect(!isSuccess(answered), `the caller got ${answered} although the API refused the call`, 'an error for the caller')
      sandbox.api.fault = undefined
      if (stage.faults.length === 0) await stage.expectRecovery('the API')
    },
  },
  {
    id: 'insufficient-scope',
    title: '403 insufficient_scope does not cause a token request',
    played: 'The API answers a call with 403 and `error="insufficient_scope"`.',
    remedy:
      'Return a 403 to the caller. A new token has the same rights: neither renew nor repeat. Renew only after 401 with error="invalid_token".',
    problem: 'insufficient-scope',
    after: ['cached'],
    async play(stage) {
      const { sandbox, refuse } = stage
      const usual = await stage.warmUp()
      const [tokens, calls] = [stage.tokenRequests.length, stage.api.length]
      sandbox.api.fault = () => refuse.call('insufficient-scope', { error: 'insufficient_scope', scope: 'orders:write' })
      const answered = await stage.call()
      const newCalls = stage.api.length - calls
      stage.expect(newCalls <= usual, `the call was sent ${count(newCalls, 'time')}`, count(usual, 'time'))
      stage.expect(!isSuccess(answered), `the caller got ${answered} although the API refused the call`, 'an error for the caller')
      sandbox.api.fault = undefined
      await stage.expectRecovery('the API')
      const newTokens = stage.tokenRequests.length - tokens
      stage.expect(newTokens === 0, `the 403 caused ${count(newTokens, 'token request')}`, 'none')
    },
  },
]

async function expectOneRenewal(stage: Stage, event: string): Promise<void> {
  const before = stage.tokenRequests.length
  const answered = await stage.call()
  stage.expect(isSuccess(answered), `${event}, and the next call got ${answered}`, 'a call that is repeated with a new token')
  for (let call = 0; call < 5 && stage.faults.length === 0; call++)
    stage.expect(isSuccess(await stage.call()), 'a later call failed', 'calls that succeed')
  const requests = stage.tokenRequests.length - before
  stage.expect(requests <= 1, `${event}: ${count(requests, 'token request')}`, 'one token request')
}
