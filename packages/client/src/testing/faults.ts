// What the next token requests are to meet in place of a token.

export interface FailureOptions {
  /** Seconds in a `Retry-After`. */
  readonly retryAfter?: number
  /** The OAuth `error`; by default one that fits the status. */
  readonly error?: string
  /** How many token requests it affects, default 1. */
  readonly times?: number
}

/** An answer as it is sent; `reset` breaks the connection without one. */
export type FakeAnswer = 'reset' | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string }

export class Faults {
  #answers: FakeAnswer[] = []
  #delaysMs: number[] = []

  add(answer: FakeAnswer, times = 1): void {
    for (let time = 0; time < times; time++) this.#answers.push(answer)
  }

  delay(ms: number, times = 1): void {
    for (let time = 0; time < times; time++) this.#delaysMs.push(ms)
  }

  next(): { readonly answer: FakeAnswer | undefined; readonly delayMs: number } {
    return { answer: this.#answers.shift(), delayMs: this.#delaysMs.shift() ?? 0 }
  }
}

const errors: Record<number, string> = {
  400: 'invalid_request',
  401: 'invalid_client',
  429: 'too_many_requests',
  503: 'temporarily_unavailable',
}

export function failure(status: number, { retryAfter, error = errors[status] ?? 'server_error' }: FailureOptions): FakeAnswer {
  return json(status, { error, error_description: `The fake issuer was told to answer ${status}.` }, retryAfter)
}

export function json(status: number, body: object, retryAfter?: number): FakeAnswer {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  }
  return { status, headers, body: JSON.stringify(body) }
}
