// Calls one operation of the table. Answers are not parsed: a page that is older than the server must not fail on a member that was added
// (decisions/099).
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'
import { CallError, readError, unreachable } from './call-error.ts'
import { learnTime } from './clock.ts'

export interface CallOptions {
  readonly signal?: AbortSignal
  /** The version of the resource that the page showed; `*` for any. */
  readonly ifMatch?: number | '*' | undefined
  /** Made when the form opens, so that sending it twice changes one thing once. */
  readonly idempotencyKey?: string | undefined
}

export type Input<Name extends OperationName> = Pick<OperationInput<Name>, 'params'> & Partial<Omit<OperationInput<Name>, 'params'>>

/** `/console` or `/portal`. */
let mount = '/console'
let onSignedOut: (error: CallError) => void = () => {}

export function configureCalls(options: { readonly mount: string; readonly onSignedOut: (error: CallError) => void }): void {
  mount = options.mount
  onSignedOut = options.onSignedOut
}

/** Of what is not in the table, such as `/session`. */
export function apiPath(rest: string): string {
  return `${mount}/api${rest}`
}

/** @throws CallError */
export async function call<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
  { signal, ifMatch, idempotencyKey }: CallOptions = {},
): Promise<OperationOutput<Name>> {
  const operation: OperationRow = table[name]
  const { params, query, body } = input as LooseInput
  const headers: Record<string, string> = {}
  if (ifMatch !== undefined && operation.ifMatch) headers['if-match'] = ifMatch === '*' ? '*' : `"${ifMatch}"`
  if (idempotencyKey !== undefined && operation.takesKey) headers['idempotency-key'] = idempotencyKey
  const path = pathOf(operation, params) + queryOf(query)
  return (await send(apiPath(path), { method: operation.method, headers, body, signal })) as OperationOutput<Name>
}

interface LooseInput {
  readonly params: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

interface Sent {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

const longestWaitMs = 20_000

/** Also for what is not in the table, such as the session. @throws CallError */
export async function send(path: string, { method, headers, body, signal }: Sent): Promise<unknown> {
  const limit = AbortSignal.timeout(longestWaitMs)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { accept: 'application/json', ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unreachable()
  }
  learnTime(response.headers.get('date'))
  if (!response.ok) {
    const error = await readError(response)
    if (error.code === 'signed-out') onSignedOut(error)
    throw error
  }
  if (response.status === 204) return undefined
  try {
    return await response.json()
  } catch {
    throw unreachable()
  }
}

function pathOf({ path }: OperationRow, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/^\/admin/, '').replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

function queryOf(query: LooseInput['query']): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}
