// An API that is busy, away or broken: nothing that a new token could mend.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FrontAnswer } from './front.ts'
import { count, type Scenario, type Stage } from './scenario.ts'

const keepToken = 'Keep the token: neither 429 nor 503 nor a lost connection says anything about it.'

export const apiOutageScenarios: readonly Scenario[] = [
  {
    id: 'api-429',
    title: '429 of the API: waits for Retry-After, and keeps the token',
    played: 'The API answers 429 with `Retry-After: 2` for 2 s. A backend that returns the error to its caller at once is right, too.',
    remedy: `${keepToken} Repeat the call after the seconds of "Retry-After" at the earliest, or return the error to the caller.`,
    problem: 'rate-limited',
    after: ['cached'],
    async play(stage) {
      const { refuse, pace } = stage
      await playOutage(stage, {
        answer: () => refuse.call('rate-limited', { retryAfterSeconds: pace.retryAfter }),
        what: `429 with "Retry-After: ${pace.retryAfter}"`,
        maxRequests: (usual) => usual,
      })
    },
  },
  {
    id: 'api-503',
    title: '503 of the API: repeats with pauses, and keeps the token',
    played: 'The API answers 503 with `Retry-After: 2` for 2 s. Up to three requests for one call pass.',
    remedy: `${keepToken} Repeat after "Retry-After", or with growing, random pauses and at most a few times.`,
    problem: 'temporarily-unavailable',
    after: ['cached'],
    async play(stage) {
      const { refuse, pace } = stage
      await playOutage(stage, {
        answer: () => refuse.call('temporarily-unavailable', { retryAfterSeconds: pace.retryAfter }),
        what: `503 with "Retry-After: ${pace.retryAfter}"`,
        maxRequests: (usual) => 3 * usual,
      })
    },
  },
  {
    id: 'api-reset',
    title: 'Reset connections of the API: no storm, and the token is kept',
    played: 'The API resets each connection for 2 s. Up to six requests for one call pass.',
    remedy: `${keepToken} Repeat a call that is safe to repeat a few times, with pauses.`,
    after: ['cached'],
    async play(stage) {
      await playOutage(stage, { answer: () => 'reset', what: 'reset connections', maxRequests: (usual) => 6 * usual })
    },
  },
]

interface Outage {
  readonly answer: () => FrontAnswer
  readonly what: string
  /** How many requests one call may make while it lasts. */
  readonly maxRequests: (usual: number) => number
}

/** One call in an outage that lasts as long as Retry-After, then calls that succeed with the same token. */
async function playOutage(stage: Stage, { answer, what, maxRequests }: Outage): Promise<void> {
  const { sandbox, pace } = stage
  const usual = await stage.warmUp()
  const [tokens, calls] = [stage.tokenRequests.length, stage.api.length]
  sandbox.api.fault = answer
  const called = stage.call()
  while (stage.api.length === calls) await Promise.race([called, sleep(10)])
  // Timers and clocks of two processes differ a little.
  const endsAt = stage.api[calls]!.at + 1000 * pace.retryAfter - 200
  await sleep(Math.max(0, endsAt - performance.now()))
  const requests = stage.api.slice(calls).filter(({ at }) => at < endsAt).length
  sandbox.api.fault = undefined
  const allowed = maxRequests(usual)
  stage.expect(
    requests <= allowed,
    `${what}: one call made ${count(requests, 'request')} within ${pace.retryAfter} s`,
    `at most ${allowed}`,
  )
  await called
  await stage.expectRecovery('the API')
  const newTokens = stage.tokenRequests.length - tokens
  stage.expect(newTokens === 0, `${what} caused ${count(newTokens, 'token request')}`, 'none')
}
