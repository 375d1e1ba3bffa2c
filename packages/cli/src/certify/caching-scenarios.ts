// One token for many calls, renewed in time.
import { clientAuthenticationMethods } from '@countersign/protocol'
import type { Answered } from './backend.ts'
import { conductRules } from './conduct.ts'
import { count, isSuccess, type Scenario, type Stage } from './scenario.ts'

const callsInARow = 20
/** A few processes of one backend have a cache each. */
const maxRequestsOfBurst = 5

const raiseBacklog =
  'Raise its backlog ("listen(port, host, backlog)", "request_queue_size" of socketserver in Python, "--backlog" of uvicorn and gunicorn, "acceptCount" of Tomcat), and "net.core.somaxconn" of Linux if that is less.'
const backlogRemedy = `This is not about tokens: the queue of connections at which the backend listens is too short. ${raiseBacklog}`
/** Of a full queue: Linux drops the end of the handshake, so that the caller is connected and waits. */
const unseenRemedy = `The backend may never have seen these calls: Linux drops connections without a word if the queue at which a program listens is too short. ${raiseBacklog} If it saw them, it must answer each in time, also while others wait for a token.`

export const cachingScenarios: readonly Scenario[] = [
  {
    id: 'call',
    title: 'A call succeeds',
    played: 'One call, and nothing goes wrong. If this fails, nothing else is played.',
    remedy:
      'Read the URLs and credentials of the sandbox from the environment, and answer the trigger with 2xx if the API answers the call.',
    async play(stage) {
      await stage.start()
      const answered = await stage.call()
      const [token, api] = [stage.tokenRequests, stage.api].map((seen) => seen.map(({ answered }) => answered).join(', ') || 'no request')
      stage.expect(
        isSuccess(answered) && stage.api.length > 0,
        `the trigger got ${answered}; the token endpoint saw ${token}; the API saw ${api}`,
        'a trigger that gets 2xx after a call that the API answered with 200',
        remedyOfRefusedCall(stage),
      )
    },
  },
  {
    id: 'cached',
    title: 'One token serves many calls',
    played: '20 calls in a row, with tokens that live as long as those of your provider (`--token-lifetime`, 5 minutes by default).',
    remedy:
      'Keep the token for "expires_in" seconds after its arrival, and renew it ahead by a part of its lifetime (a fifth, at most 60 s), not by a fixed time that may be longer than the token lives.',
    problem: 'too-many-token-requests',
    async play(stage) {
      await stage.start()
      for (let call = 0; call < callsInARow; call++) await expectSuccess(stage, 'a call')
      const requests = stage.tokenRequests.length
      stage.expect(requests === 1, `${callsInARow} calls made ${count(requests, 'token request')}`, 'one token request')
    },
  },
  {
    id: 'burst',
    title: 'Many calls at once without a token share one token request',
    played:
      '500 calls at once, just after the start, while the token endpoint takes 0.3 s. Up to 5 token requests pass, for backends of several processes.',
    remedy: 'Keep the pending token request (a promise, a future, a lock), and let every call without a token wait for the same one.',
    problem: 'too-many-token-requests',
    async play(stage) {
      const { pace, sandbox } = stage
      sandbox.issuer.delayMs = 300
      await stage.start()
      const answers = await Promise.all(Array.from({ length: pace.burst }, () => stage.call(1000 * pace.burstPatience)))
      const requests = stage.tokenRequests.length
      const seen = `${pace.burst} calls at once made ${count(requests, 'token request')}`
      stage.expect(requests <= maxRequestsOfBurst, seen, 'one token request')
      // A stampede keeps a backend from accepting and answering calls, and a full queue lets some wait and refuses others.
      if (stage.faults.length === 0) expectConnections(stage, answers)
      const failed = answers.filter((answered) => typeof answered === 'number' && !isSuccess(answered))
      if (stage.faults.length === 0)
        stage.expect(failed.length === 0, `${failed.length} of ${pace.burst} calls failed (${failed[0]})`, 'calls that succeed')
      if (requests > 1 && requests <= maxRequestsOfBurst) stage.note(`${seen}; one is enough for each process.`)
    },
  },
  {
    id: 'renewal',
    title: 'Calls go on while tokens expire',
    played: 'Tokens of 6 s, and calls every 0.1 s for 15 s. The API accepts a token a second longer than the response says.',
    remedy: 'Renew the token before "expires_in" seconds have passed since its arrival, also while calls go on.',
    problem: 'expired-token',
    lifetime: ({ shortLifetime }) => ({ told: shortLifetime }),
    async play(stage) {
      await stage.warmUp()
      const answers = await stage.callFor(2500 * stage.pace.shortLifetime)
      const failed = answers.filter((answered) => !isSuccess(answered))
      const lifetime = `${stage.pace.shortLifetime} s`
      stage.expect(
        failed.length === 0,
        `${failed.length} of ${answers.length} calls failed (${failed[0]}) through two and a half lifetimes of ${lifetime}`,
        'calls that succeed',
      )
      const expired = stage.api.filter(({ answered }) => answered === 401).length
      if (expired > 0 && failed.length === 0)
        stage.note(`${count(expired, 'call')} had an expired token and was repeated: renew ahead of the expiry.`)
      const requests = stage.tokenRequests.length
      if (requests > 8)
        stage.note(`${count(requests, 'token request')} for tokens of ${lifetime}: the renewal is further ahead than they live.`)
    },
  },
  {
    id: 'clock',
    title: 'A wrong clock does not matter: "expires_in" is counted from the arrival of the token',
    played: 'An issuer whose clock is 10 minutes behind that of this machine, so that `exp` of each new token has passed.',
    remedy:
      'Count "expires_in" from the arrival of the response by a monotonic clock. Do not read "exp" of the token: it is for the API, and the clock of this machine may be wrong.',
    after: ['cached'],
    clockOffsetMs: -600_000,
    async play(stage) {
      await stage.start()
      for (let call = 0; call < callsInARow; call++)
        await expectSuccess(stage, 'a call with a token of an issuer whose clock is 10 minutes behind')
      const requests = stage.tokenRequests.length
      stage.expect(
        requests === 1,
        `the clock of the issuer is 10 minutes behind: ${callsInARow} calls made ${count(requests, 'token request')}`,
        'one token request',
      )
    },
  },
  {
    id: 'clock-ahead',
    title: 'A token whose "iat" is in the future is used, and renewed by "expires_in"',
    played:
      'An issuer whose clock is 10 minutes ahead of that of this machine, tokens of 6 s, and calls every 0.1 s for 9 s: `iat` of each token is in the future, and `exp` is 10 minutes after its end.',
    remedy:
      'Neither verify the token nor read "iat", "nbf" or "exp" of it: it is for the API, and the clock of this machine may be wrong. Count "expires_in" from the arrival of the response.',
    after: ['renewal'],
    lifetime: ({ shortLifetime }) => ({ told: shortLifetime }),
    clockOffsetMs: 600_000,
    async play(stage) {
      await stage.start()
      await expectSuccess(stage, 'a call with a token of an issuer whose clock is 10 minutes ahead')
      const answers = await stage.callFor(1500 * stage.pace.shortLifetime)
      const failed = answers.filter((answered) => !isSuccess(answered))
      stage.expect(
        failed.length === 0,
        `the clock of the issuer is 10 minutes ahead: ${failed.length} of ${answers.length} calls failed (${failed[0]}) through one and a half lifetimes of ${stage.pace.shortLifetime} s`,
        'calls that succeed',
      )
    },
  },
]

/** Of a backend that authenticates by another method, and of a call that the API refused because the token was not where it belongs. */
function remedyOfRefusedCall({ api, tokenRequests, sandbox }: Stage): string | undefined {
  const method = sandbox.auth.kind === 'secret' ? sandbox.auth.method : undefined
  if (sandbox.isTls && tokenRequests.length === 0 && sandbox.issuerConnections() > 0)
    return 'Let the backend trust the CA in the file that CA_FILE names: it connected to the issuer and sent no token request. docs/certify.md says which variables runtimes read by themselves; others have a setting for it.'
  if (method !== undefined && tokenRequests.at(-1)?.answered === 401)
    return `Authenticate by ${method}, for which "--auth" has registered the client: it ${clientAuthenticationMethods[method].description}.`
  if (api.at(-1)?.answered !== 401) return undefined
  const rule = (['token-in-url', 'bearer-scheme'] as const).find((each) => sandbox.conduct.broken.has(each))
  return rule && conductRules[rule].remedy
}

/** Connections that are refused and calls that wait are one fault: the queue of connections is full. */
function expectConnections(stage: Stage, answers: readonly Answered[]): void {
  const { burst, burstPatience } = stage.pace
  const unconnected = answers.filter((answered) => answered === 'no connection').length
  const unanswered = answers.filter((answered) => answered === 'no answer').length
  const andUnanswered = unanswered > 0 ? `, and ${unanswered} got no answer within ${burstPatience} s` : ''
  stage.expect(
    unconnected === 0,
    `${unconnected} of ${burst} calls got no connection: the backend refused or reset it, or did not accept it, before it had seen the call${andUnanswered}`,
    'a backend that accepts the connections of all calls',
    backlogRemedy,
  )
  if (unconnected > 0) return
  stage.expect(
    unanswered === 0,
    `${unanswered} of ${burst} calls got no answer within ${burstPatience} s, or lost their connection`,
    'an answer to each call',
    unseenRemedy,
  )
}

async function expectSuccess(stage: Stage, what: string): Promise<void> {
  const answered = await stage.call()
  if (!isSuccess(answered)) stage.end(`${what} got ${answered}`, 'a call that succeeds')
}
