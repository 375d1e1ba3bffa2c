// Token responses that RFC 6749 §5.1 permits and that are not the usual ones.
import { setTimeout as sleep } from 'node:timers/promises'
import { renewOnce } from './refusal-scenarios.ts'
import { count, isSuccess, type Scenario } from './scenario.ts'

/** In seconds: for how long the API accepts tokens whose response names no lifetime. */
const realLifetime = 3

export const responseScenarios: readonly Scenario[] = [
  {
    id: 'unknown-members',
    title: 'Unknown members of a token response are ignored',
    played: 'A token response with members that the standard does not name.',
    remedy: 'Read the members that you need and ignore the others (RFC 6749 §5.1).',
    async play(stage) {
      const added = { refresh_expires_in: 0, 'not-before-policy': 0, session_state: null, issued_by: { node: ['a', 1] } }
      stage.sandbox.issuer.alter = (response) => ({ ...added, ...response })
      await stage.start()
      const answered = await stage.call()
      stage.expect(
        isSuccess(answered),
        `a token response with members that no standard names: the call got ${answered}`,
        'a call that succeeds',
      )
    },
  },
  {
    id: 'no-expires-in',
    title: 'A token response without "expires_in": neither kept forever nor requested for each call',
    played: 'A token response without `expires_in`, and a token that the API refuses after 3 s.',
    remedy:
      '"expires_in" is optional (RFC 6749 §5.1): without it count a lifetime of your own, such as 60 s, and renew after 401 invalid_token.',
    after: ['cached'],
    lifetime: ({ tokenLifetime }) => ({ told: tokenLifetime, real: realLifetime }),
    async play(stage) {
      stage.sandbox.issuer.alter = (response) => ({ ...response, expires_in: undefined })
      await stage.start()
      for (let call = 0; call < 5; call++) {
        const answered = await stage.call()
        if (!isSuccess(answered)) stage.end(`without "expires_in" a call got ${answered}`, 'a call that succeeds')
      }
      const requests = stage.tokenRequests.length
      stage.expect(requests <= 2, `without "expires_in" 5 calls made ${count(requests, 'token request')}`, 'one token request')
      await stage.sandbox.setLifetime(stage.pace.tokenLifetime)
      await sleep(1000 * realLifetime) // From now on: how long the first call waited for its token is not known.
      const before = stage.tokenRequests.length
      const answered = await stage.call()
      if (isSuccess(answered)) return
      const renewed = stage.tokenRequests.length - before
      const seen = `the token without "expires_in" expired after ${realLifetime} s: the API answered 401, ${renewed === 0 ? 'no token was requested' : `${count(renewed, 'token request')} followed`}, and the call got ${answered}`
      stage.expect(false, seen, 'a call that is repeated with a new token', renewOnce)
    },
  },
]
