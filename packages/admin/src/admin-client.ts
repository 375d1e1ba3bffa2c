// The typed client of the admin API. Paths and shapes come from the table of operations; the given fetch adds and renews the
// operator's token.
import type { FieldError, ProblemDocument } from '@countersign/protocol'
import type { Operation } from './operation.ts'
import { operations, type OperationInput, type OperationName, type OperationOutput } from './operations.ts'
import { readOutput } from './read-output.ts'

/** An error of the admin API (RFC 9457). `code` is the code of the problem, `remedy` what to do next, `errors` the invalid fields. */
export class AdminRequestError extends Error {
  override name = 'AdminRequestError'
  readonly code: string
  readonly status: number
  readonly remedy: string
  readonly errors: readonly FieldError[]
  /** `X-Request-Id`, by which support finds the request; undefined if the response is not from this server. */
  readonly requestId: string | undefined
  /** The scope that the operator lacks, for `insufficient_scope`. */
  readonly requiredScope: string | undefined

  constructor(status: number, problem: Partial<ProblemDocument>, requestId?: string, requiredScope?: string) {
    super(problem.detail ?? problem.title ?? `The admin API returned HTTP ${status}`)
    this.code = problem.type?.split('/').at(-1) ?? `http-${status}`
    this.status = status
    this.remedy = problem.remedy ?? ''
    this.errors = problem.errors ?? []
    this.requestId = requestId ?? problem.instance?.replace(/^urn:request:/, '')
    this.requiredScope = requiredScope
  }
}

export interface CallOptions {
  /** Repeated with the same key, a write is applied at most once. */
  readonly idempotencyKey?: string | undefined
  /** The `version` that was read: the write fails with 412 if it is no longer the current one. Required for edits; "*" matches any. */
  readonly ifMatch?: number | '*' | undefined
}

/** The operations with paged results. */
export type ListName = { [Name in OperationName]: OperationOutput<Name> extends Page ? Name : never }[OperationName]
interface Page {
  readonly items: readonly unknown[]
  readonly next: string | null
}

export interface AdminClient {
  /** @throws AdminRequestError for an error response, ZodError for an unexpected body, and the errors of `fetch`. */
  call<Name extends OperationName>(name: Name, input: OperationInput<Name>, options?: CallOptions): Promise<OperationOutput<Name>>
  /** The items of a list; pages are fetched when they are needed. @throws the errors of `call` */
  iterate<Name extends ListName>(name: Name, input: OperationInput<Name>): AsyncGenerator<OperationOutput<Name>['items'][number]>
}

/**
 * Creates a client of the admin API at `serverUrl`. Does not check the input: the server does.
 * @param fetch adds the operator's token, such as `withBearer(fetch, tokens, { origins })` of the client package.
 */
export function createAdminClient({ serverUrl, fetch }: { serverUrl: string; fetch: typeof globalThis.fetch }): AdminClient {
  return { call, iterate }

  async function call<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
    { idempotencyKey, ifMatch }: CallOptions = {},
  ): Promise<OperationOutput<Name>> {
    const operation: Operation = operations[name]
    const response = await fetch(urlOf(serverUrl, operation, input as { params: object; query?: object }), {
      method: operation.method,
      ...(input.body && { body: JSON.stringify(input.body) }),
      headers: {
        ...(input.body && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch === '*' ? ifMatch : `"${ifMatch}"` }),
      },
    })
    const answer: unknown = await response.json().catch((error: unknown) => {
      if (response.ok) throw error // The write was applied, but its response is lost.
      return {}
    })
    if (!response.ok) {
      const requestId = response.headers.get('x-request-id') ?? undefined
      const requiredScope = /\bscope="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
      throw new AdminRequestError(response.status, answer as Partial<ProblemDocument>, requestId, requiredScope)
    }
    return readOutput(operation.output, answer) as OperationOutput<Name>
  }

  async function* iterate<Name extends ListName>(name: Name, input: OperationInput<Name>) {
    let after: string | null = null
    do {
      const query: unknown = after === null ? input.query : { ...(input.query as object | undefined), after }
      const page: Page = await call(name, { ...input, query } as OperationInput<Name>)
      yield* page.items as OperationOutput<Name>['items']
      after = page.next
    } while (after !== null)
  }
}

function urlOf(serverUrl: string, operation: Operation, { params, query }: { params: object; query?: object | undefined }): URL {
  const values = params as Record<string, string>
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
  const url = new URL(path, serverUrl)
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
  return url
}
