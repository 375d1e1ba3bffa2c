// A token endpoint that is busy, away or broken, with and without a valid token at hand.
import { count, isSuccess, type Pace, type Scenario } from './scenario.ts'

const pauses =
  'After a failure, wait for "Retry-After", or for a growing, random pause of 1 s and more, before the next token request; let calls fail meanwhile.'

/** No call is judged that near to the end of a lifetime: the backend began to count earlier, and its machine may be busy. */
const marginMs = 700
/** In seconds: the last fifth of it is longer than the margin by most of a second. */
const lifetimeInOutage = ({ shortLifetime }: Pace) => Math.max(8, shortLifetime)

export const tokenOutageScenarios: readonly Scenario[] = [
  {
    id: 'token-429',
    title: '429 of the token endpoint: no token request before Retry-After is over',
    played: 'The first token request gets 429 with `Retry-After: 2`, and calls come every 0.1 s.',
    remedy: pauses,
    problem: 'too-many-token-requests',
    after: ['burst'],
    async play(stage) {
      const { sandbox, pace, refuse } = stage
      const retryAfterMs = 1000 * pace.retryAfter
      const endsAt = () => (stage.tokenRequests[0]?.at ?? Infinity) + retryAfterMs - 200
      sandbox.issuer.fault = () => (performance.now() < endsAt() ? refuse.token('too-many-token-requests', pace.retryAfter) : undefined)
      await stage.start()
      await stage.callFor(retryAfterMs)
      const requests = stage.tokenRequests.filter(({ at }) => at < endsAt()).length
      stage.expect(
        requests <= 2,
        `429 with "Retry-After: ${pace.retryAfter}": ${count(requests, 'token request')} within that time`,
        'one token request, and none before that time is over',
      )
      await stage.expectRecovery('the token endpoint')
    },
  },
  {
    id: 'token-503',
    title: '503 of the token endpoint: a valid token is used on, and there is no storm',
    played: 'The token endpoint answers 503 from the first token until shortly before its end, and calls come every 0.1 s.',
    remedy: `If a renewal fails while the token is still valid, use the token. ${pauses}`,
    problem: 'token-service-unavailable',
    after: ['cached'],
    lifetime: (pace) => ({ told: lifetimeInOutage(pace) }),
    async play(stage) {
      const { sandbox, pace, refuse } = stage
      await stage.warmUp()
      const { begunAt } = stage.tokenRequests.at(-1)!
      const before = stage.tokenRequests.length
      sandbox.issuer.fault = () => refuse.token('token-service-unavailable', pace.retryAfter)
      const outageMs = begunAt + 1000 * lifetimeInOutage(pace) - marginMs - performance.now()
      const answers = await stage.callFor(outageMs)
      const requests = stage.tokenRequests.length - before
      sandbox.issuer.fault = undefined
      const failed = answers.filter((answered) => !isSuccess(answered))
      stage.expect(
        failed.length === 0,
        `${failed.length} of ${answers.length} calls failed (${failed[0]}) while the token was valid and the token endpoint answered 503`,
        'calls that succeed with the token that is still valid',
      )
      const allowed = Math.ceil(outageMs / 1000 / pace.retryAfter) + 1
      stage.expect(
        requests <= allowed,
        `503 with "Retry-After: ${pace.retryAfter}": ${count(requests, 'token request')} in ${(outageMs / 1000).toFixed(1)} s`,
        `at most ${allowed}`,
      )
      if (requests === 0) stage.note('It did not renew ahead of the expiry, so a short outage at that moment makes calls fail.')
      await stage.expectRecovery('the token endpoint')
    },
  },
  {
    id: 'token-reset',
    title: 'Reset connections of the token endpoint: recovers',
    played: 'The token endpoint resets the connection of the first token request, and works afterwards.',
    remedy: `Do not keep a failed token request: the next one must be a new one. ${pauses}`,
    async play(stage) {
      stage.sandbox.issuer.fault = () => 'reset'
      await stage.start()
      const answered = await stage.call(5000)
      const requests = stage.tokenRequests.length
      stage.sandbox.issuer.fault = undefined
      stage.expect(requests > 0 && requests <= 6, `one call made ${count(requests, 'token request')}`, 'a few')
      stage.expect(!isSuccess(answered), `the caller got ${answered} without a token`, 'an error for the caller')
      await stage.expectRecovery('the token endpoint')
    },
  },
  {
    id: 'redirect',
    title: 'A redirect of the token endpoint does not get the secret',
    played: 'The token endpoint answers 307 with another origin in `Location`.',
    remedy: 'Do not follow redirects of the token endpoint ("redirect: manual", "maxRedirects: 0"): treat them as errors.',
    async play(stage) {
      const { sandbox } = stage
      const location = `${sandbox.elsewhereUrl}/token`
      sandbox.issuer.fault = () => ({ status: 307, headers: { location }, body: '' })
      await stage.start()
      await stage.call(5000)
      sandbox.issuer.fault = undefined
      const { followed, secretSentElsewhere } = sandbox.issuer
      stage.expect(
        !secretSentElsewhere,
        'the secret was sent to another origin, where the token endpoint redirected to',
        'an error for the caller',
      )
      if (followed > 0 && !secretSentElsewhere)
        stage.note('The redirect was followed, but without the secret. It is better to follow none.')
      await stage.expectRecovery('the token endpoint')
    },
  },
  {
    id: 'captive-page',
    title: 'A page in place of a token response is an error',
    played: 'The token endpoint answers 200 with a page of HTML, as the sign-in page of a network does.',
    remedy: 'Check the status, that the body is JSON, that "access_token" is a text and "token_type" is Bearer, before the token is used.',
    async play(stage) {
      const { sandbox } = stage
      const body = '<!doctype html><title>Sign in</title><p>Sign in to use this network.'
      sandbox.issuer.fault = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body })
      await stage.start()
      const answered = await stage.call(5000)
      sandbox.issuer.fault = undefined
      stage.expect(stage.api.length === 0, 'the API was called without a token of the issuer', 'no call to the API')
      stage.expect(!isSuccess(answered), `the caller got ${answered} without a token`, 'an error for the caller')
      await stage.expectRecovery('the token endpoint')
      sandbox.conduct.broken.delete('bearer-scheme') // The fault of this scenario, in other words.
    },
  },
]
