// Mounts the table of operations: our own guard in front, the input checked, the change made on behalf of the operator.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ifMatchOf, operations, type CheckedInput, type Operation, type OperationName } from '@countersign/admin'
import type { Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { escapePointer, type FieldError } from '@countersign/protocol'
import { z } from 'zod'
import { ProblemError } from '../refusals.ts'
import type { Actor, ApplyChange, Change } from '../store/change.ts'
import type { AdminContext } from './handler.ts'
import { adminHandlers } from './handlers.ts'
import { findAnswer, keepAnswer, KeyTakenError, parseIdempotencyKey, type IdempotencyKey } from './idempotency.ts'
import { operatorsRealmName } from './operators.ts'
import { protectOperators, refuseLockout } from './protect-operators.ts'

export interface AdminOptions extends AdminContext {
  readonly guard: Guard
  readonly applyChange: ApplyChange
  readonly addressOf: (request: FastifyRequest) => string
}

export async function mountAdmin(app: FastifyInstance, options: AdminOptions): Promise<void> {
  await app.register(countersignGuard, { guard: options.guard })
  const handlers = adminHandlers(options)
  for (const name of Object.keys(operations) as OperationName[]) mountOperation(name)

  function mountOperation<Name extends OperationName>(name: Name): void {
    const operation: Operation = operations[name]
    const handle = handlers[name] as ((input: CheckedInput<Name>, change?: Change) => Promise<Answer>) | undefined
    if (!handle) return
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      ...(operation.bodyLimit !== undefined && { bodyLimit: operation.bodyLimit }),
      config: { requires: { scope: operation.scope, dpa: 'any' } },
      handler: async (request, reply) => {
        const input = checkInput<Name>(operation, request)
        reply.code(operation.status).header('cache-control', 'no-store')
        const answer =
          operation.method === 'GET'
            ? await handle(input)
            : await applyOnce(operation, name, request, input, (change) => handle(input, change))
        if (operation.etag) reply.header('etag', `"${String(answer['version'])}"`)
        return reply.send(answer)
      },
    })
  }

  /** Makes the change, or answers as it was answered before where the Idempotency-Key is known. */
  async function applyOnce(
    operation: Operation,
    name: OperationName,
    request: FastifyRequest,
    input: object,
    work: (change: Change) => Promise<Answer>,
  ): Promise<Answer> {
    const attempt = input as { params: Record<string, unknown> }
    protectOperators(name, attempt, request.access)
    const actor = actorOf(request)
    const expectedVersion = ifMatchOf(operation) && parseIfMatch(request.headers['if-match'])
    const key = parseIdempotencyKey(request.headers['idempotency-key'], actor.clientId, [name, input])
    const known = key && (await findAnswer(options.db, key))
    if (known) return known as Answer
    const keep = async (change: Change): Promise<Answer> => {
      // Changes are made one after the other: one with the same key may have been made while this one waited.
      if (key && (await findAnswer(change.db, key))) throw new KeyTakenError()
      const answer = await work(change)
      if (attempt.params['realm'] === operatorsRealmName) await refuseLockout(change)
      if (key) await keepAnswer(change, key, operation.secret ? { ...answer, [operation.secret]: null } : answer)
      return answer
    }
    try {
      return await options.applyChange(actor, name, keep, { expectedVersion })
    } catch (error) {
      if (error instanceof KeyTakenError) return (await findAnswer(options.db, key as IdempotencyKey)) as Answer
      throw error
    }
  }

  function actorOf(request: FastifyRequest): Actor {
    const { token, entitlement } = request.access
    return {
      realm: operatorsRealmName,
      clientId: token.clientId,
      organizationId: entitlement.document.organization.id,
      address: options.addressOf(request),
      requestId: request.id,
    }
  }
}

type Answer = Readonly<Record<string, unknown>>

/** The version in an If-Match header (RFC 9110 §13.1.1); none for "*". @throws ProblemError `invalid-request` */
function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const [, version] = /^"(\d{1,15})"$/.exec(header) ?? []
  if (version === undefined)
    throw new ProblemError('invalid-request', {
      detail: 'The header If-Match is not an ETag of this API.',
      remedy: 'Send the ETag that the resource was read with, such as "7" with the quotes, or leave the header out.',
    })
  return Number(version)
}

/** Somebody who sends a file of the wrong kind is not told of every line of it. */
const mostErrors = 100

/** What an operation does not take must be left out: whoever sends it expects it to count. */
const nothing = z.strictObject({})

/** @throws ProblemError `invalid-request` naming every faulty field by a JSON pointer into its part of the request. */
function checkInput<Name extends OperationName>(operation: Operation, request: FastifyRequest): CheckedInput<Name> {
  const parts = {
    params: [operation.params, request.params],
    query: [operation.query, request.query],
    body: [operation.body, request.body],
  } as const
  const checked: Record<string, unknown> = {}
  const errors: FieldError[] = []
  for (const [part, [schema, value]] of Object.entries(parts)) {
    const result = (schema ?? nothing).safeParse(value ?? {})
    if (result.success && schema) checked[part] = result.data
    for (const issue of result.error?.issues ?? []) {
      const base = part === 'body' ? [] : [part]
      if (issue.code === 'unrecognized_keys')
        errors.push(...issue.keys.map((key) => ({ pointer: toPointer([...base, ...issue.path, key]), detail: 'expected no such member' })))
      else errors.push({ pointer: toPointer([...base, ...issue.path]), detail: issue.message })
    }
  }
  if (errors.length > 0) {
    const [first] = errors
    throw new ProblemError('invalid-request', { detail: `${first?.pointer}: ${first?.detail}`, errors: errors.slice(0, mostErrors) })
  }
  return checked as unknown as CheckedInput<Name>
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((name) => `/${escapePointer(String(name))}`).join('')
}
