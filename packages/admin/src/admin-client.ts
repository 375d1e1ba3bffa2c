// The typed client of the admin API. It knows paths and shapes from the table of operations; getting and renewing the
// operator's token is the business of the fetch that it is given.
import type { FieldError, ProblemDocument } from '@countersign/protocol'
import type { Operation } from './operation.ts'
import { operations, type OperationInput, type OperationName, type OperationOutput } from './operations.ts'

/** The admin API refused. `code` is the problem's code, `remedy` what to do next, `errors` the faulty fields. */
export class AdminRequestError extends Error {
  override name = 'AdminRequestError'
  readonly code: string
  readonly status: number
  readonly remedy: string
  readonly errors: readonly FieldError[]

  constructor(status: number, problem: Partial<ProblemDocument>) {
    super(problem.detail ?? problem.title ?? `The admin API answered ${status}`)
    this.code = problem.type?.split('/').at(-1) ?? `http-${status}`
    this.status = status
    this.remedy = problem.remedy ?? ''
    this.errors = problem.errors ?? []
  }
}

export interface AdminClient {
  /** @throws AdminRequestError where the server refuses; whatever `fetch` throws where it cannot be reached. */
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>>
}

/** @param fetch one that carries the operator's token, such as `withBearer(fetch, tokens, { origins })` of the client package. */
export function createAdminClient({ serverUrl, fetch }: { serverUrl: string; fetch: typeof globalThis.fetch }): AdminClient {
  return {
    async call(name, input) {
      const operation: Operation = operations[name]
      const response = await fetch(urlOf(serverUrl, operation, input as { params: object; query?: object }), {
        method: operation.method,
        ...(input.body && { body: JSON.stringify(input.body), headers: { 'content-type': 'application/json' } }),
      })
      const answer: unknown = await response.json().catch(() => ({}))
      if (!response.ok) throw new AdminRequestError(response.status, answer as Partial<ProblemDocument>)
      return operation.output.parse(answer) as OperationOutput<typeof name>
    },
  }
}

function urlOf(serverUrl: string, operation: Operation, { params, query }: { params: object; query?: object | undefined }): URL {
  const values = params as Record<string, string>
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
  const url = new URL(path, serverUrl)
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}
