// Every way in which a call fails, as one type: what a page shows is made of it.

/** Of a problem document (RFC 9457), or made up here where there was none. */
export class CallError extends Error {
  override name = 'CallError'
  readonly status: number
  /** The problem code; `unreachable` if there was no answer, `unreadable` if it was none of ours. */
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly remedy: string
  readonly requestId: string | undefined
  /** Invalid members, by JSON pointer. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
  /** False if the server may have done what it was asked: the answer was lost. */
  readonly isAnswered: boolean

  constructor(facts: CallErrorFacts) {
    super(facts.detail)
    this.status = facts.status ?? 0
    this.code = facts.code
    this.title = facts.title
    this.detail = facts.detail
    this.remedy = facts.remedy
    this.requestId = facts.requestId
    this.errors = facts.errors ?? []
    this.isAnswered = facts.status !== undefined
  }
}

export interface CallErrorFacts {
  readonly status?: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly remedy: string
  readonly requestId?: string | undefined
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** Of a response that is no success. */
export async function readError(response: Response): Promise<CallError> {
  const { status, headers } = response
  const requestId = headers.get('x-request-id') ?? undefined
  const problem = await readProblem(response)
  if (problem === undefined)
    return new CallError({
      status,
      code: 'unreadable',
      title: `The answer was ${status}`,
      detail: 'Something between this page and the server has answered.',
      remedy: 'Try again. If it stays so, look at the proxy in front of the server.',
      requestId,
    })
  // A person does not see the header.
  const remedy = problem.remedy.replace('the seconds in "Retry-After"', `${headers.get('retry-after') ?? 'some'} seconds`)
  return new CallError({ ...problem, remedy, status, code: problem.type.split('/').at(-1) ?? 'unreadable', requestId })
}

interface Problem {
  readonly type: string
  readonly title: string
  readonly detail: string
  readonly remedy: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

async function readProblem(response: Response): Promise<Problem | undefined> {
  try {
    const body = (await response.json()) as Partial<Problem>
    return typeof body.type === 'string' ? { title: '', detail: '', remedy: '', ...body, type: body.type } : undefined
  } catch {
    return undefined
  }
}

export function unreachable(): CallError {
  return new CallError({
    code: 'unreachable',
    title: 'The server did not answer',
    detail: 'The connection failed or took longer than 20 seconds.',
    remedy: 'Try again. A change that was asked for may have been made: asking again is safe.',
  })
}
