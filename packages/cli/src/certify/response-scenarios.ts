// Token responses that RFC 6749 §5.1 permits and that are not the usual ones, and a new secret.
import { setTimeout as sleep } from 'node:timers/promises'
import { renewOnce } from './refusal-scenarios.ts'
import { count, Ended, isSuccess, NotTested, type Scenario, type Stage } from './scenario.ts'

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
      const startedAt = performance.now()
      for (let call = 0; call < 5; call++) {
        const answered = await stage.call()
        if (!isSuccess(answered)) stage.end(`without "expires_in" a call got ${answered}`, 'a call that succeeds')
      }
      const requests = stage.tokenRequests.length
      stage.expect(requests <= 2, `without "expires_in" 5 calls made ${count(requests, 'token request')}`, 'one token request')
      await stage.sandbox.setLifetime(stage.pace.tokenLifetime)
      await sleep(startedAt + 1000 * realLifetime - performance.now())
      const before = stage.tokenRequests.length
      const answered = await stage.call()
      if (isSuccess(answered)) return
      const renewed = stage.tokenRequests.length - before
      const seen = `the token without "expires_in" expired after ${realLifetime} s: the API answered 401, ${renewed === 0 ? 'no token was requested' : `${count(renewed, 'token request')} followed`}, and the call got ${answered}`
      stage.expect(false, seen, 'a call that is repeated with a new token', renewOnce)
    },
  },
  {
    id: 'rotation',
    title: 'A new secret is used, and calls go on when the old one has ended',
    played:
      'An operator rotates the secret: the file is replaced while both secrets are valid, then the old secret ends with all tokens. In this scenario `CLIENT_SECRET` is not set, so a backend that does not read the file is not tested. With `--restart-on-rotation` it is set, and the backend is restarted.',
    remedy:
      'Read the secret again before each token request, or when the token endpoint answers invalid_client: from a file that is replaced, or from a vault. Or restart for a new secret while both are valid.',
    problem: 'invalid-client',
    replacesSecret: true,
    async play(stage) {
      await startWithReplaceableSecret(stage)
      const secret = await stage.sandbox.startRotation()
      if (stage.restartOnRotation) await stage.start(secret)
      else stage.replaceSecret(secret)
      for (let call = 0; call < 3; call++) {
        const answered = await stage.call()
        if (!isSuccess(answered)) stage.end(`while both secrets are valid a call got ${answered}`, 'a call that succeeds')
      }
      const before = stage.tokenRequests.length
      await stage.sandbox.endRotation()
      if (await stage.recovers(5000)) return
      const asked = stage.tokenRequests.slice(before)
      const failing = 'calls fail for 5 s after the old secret and its tokens have ended'
      if (asked.length === 0)
        stage.expect(
          false,
          `${failing}: the API answers 401, and no token was requested`,
          'a token that is requested after the 401',
          renewOnce,
        )
      else if (asked.some(({ answered }) => answered === 200))
        stage.expect(
          false,
          `${failing}, although ${count(asked.length, 'token request')} got a token`,
          'a call with the new token',
          renewOnce,
        )
      else {
        const seen = `${failing}: ${count(asked.length, 'token request')} got ${asked.at(-1)?.answered}, as with the old secret`
        stage.expect(false, seen, 'a token that is requested with the new secret')
      }
    },
  },
]

/** @throws NotTested if the backend reads no file */
async function startWithReplaceableSecret(stage: Stage): Promise<void> {
  try {
    await stage.warmUp()
  } catch (error) {
    if (!(error instanceof Ended) || stage.restartOnRotation) throw error
    stage.faults.length = 0
    throw new NotTested(
      'The backend gets no token with the secret in the file that CLIENT_SECRET_FILE names. Let it read that file before each token request, or run certify with --restart-on-rotation if a new secret comes with a restart.',
    )
  }
}
