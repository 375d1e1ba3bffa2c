// One call of an API, for HTTP libraries that are a function: the token on it, its renewal after a 401, the waits that the API asked for, and
// its problem as an error. What the library is like is said by a Sending.
import { formatBearer } from '@countersign/protocol'
import type { Bearer } from './bearer-options.ts'
import { wait } from './clock.ts'
import { isProblem, type ProblemError } from './problem-error.ts'
import { decideRenewal } from './renewal.ts'
import { decideWait, spend, unspent, type RefusedRequest } from './retry-policy.ts'

/** A request, and how it is sent; it may be sent several times. */
export interface Sending<Answer> extends Pick<RefusedRequest, 'method' | 'isRepeatable' | 'hasIdempotencyKey'> {
  readonly url: string
  readonly signal: AbortSignal | undefined
  readonly send: (authorization: string) => Promise<Answer>
  readonly describe: (answer: Answer) => AnswerFacts
  /** For an answer that is not passed on. */
  readonly discard: (answer: Answer) => void
  readonly readProblem: (answer: Answer, isEchoedIn: (text: string) => boolean) => Promise<ProblemError | undefined>
}

export interface AnswerFacts extends Pick<RefusedRequest, 'status' | 'header'> {
  /** From an origin that is not listed, after a redirect: from a server that never got the token. */
  readonly isForeign: boolean
}

/**
 * @throws TypeError for an origin that is not listed, ProblemError if these are asked for, the errors of `tokens.getToken()` and of the
 *   library, and the reason of the signal
 */
export async function callWithBearer<Answer>(bearer: Bearer, sending: Sending<Answer>): Promise<Answer> {
  const { tokens, origins, retry } = bearer
  const { signal } = sending
  origins.assertIncludes(sending.url)
  const getToken = () => tokens.getToken(signal ? { signal } : undefined)

  let isRenewed = false
  let spent = unspent
  for (;;) {
    const token = await getToken()
    const answer = await sending.send(formatBearer(token))
    const facts = sending.describe(answer)
    if (!isRenewed && !facts.isForeign) {
      isRenewed = await renew(bearer, { token, facts, sending, getToken }).catch((error: unknown) => {
        sending.discard(answer)
        throw error
      })
      if (isRenewed) {
        sending.discard(answer)
        continue
      }
    }
    const waitMs = decideWait(retry, { ...sending, ...facts }, spent)
    if (waitMs !== undefined && retry !== undefined) {
      sending.discard(answer)
      spent = spend(spent, waitMs)
      await wait(retry.clock, waitMs, signal)
      continue
    }
    if (bearer.throwsProblems && isProblem(facts)) {
      const problem = await sending.readProblem(answer, (text) => text.includes(token))
      if (problem !== undefined) {
        sending.discard(answer)
        throw problem
      }
    }
    return answer
  }
}

interface Rejected {
  readonly token: string
  readonly facts: AnswerFacts
  readonly sending: Pick<Sending<never>, 'isRepeatable'>
  readonly getToken: () => Promise<string>
}

/** True if there is another token, with which the request is to be sent again. */
async function renew({ tokens }: Bearer, { token, facts, sending, getToken }: Rejected): Promise<boolean> {
  const { status, header } = facts
  if (decideRenewal({ status, wwwAuthenticate: header('www-authenticate'), tokenAgeSeconds: tokens.ageSeconds(token) }) === 'keep')
    return false
  tokens.invalidate(token)
  if (!sending.isRepeatable) return false
  // Still the same: a new token was rejected, too, so the request is not sent again with it.
  return (await getToken()) !== token
}
