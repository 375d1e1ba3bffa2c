// Mounts the table of operations: our own guard in front, the input checked, the change made on behalf of the operator.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { operations, type CheckedInput, type Operation, type OperationName } from '@countersign/admin'
import type { Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import type { FieldError } from '@countersign/protocol'
import { ProblemError } from '../refusals.ts'
import type { Actor, ApplyChange } from '../store/change.ts'
import { adminHandlers, type AdminContext } from './handlers.ts'
import { operatorsRealmName } from './operators.ts'
import { protectOperators } from './protect-operators.ts'

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
    const handle = handlers[name]
    if (!handle) return
    app.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      ...(operation.bodyLimit !== undefined && { bodyLimit: operation.bodyLimit }),
      config: { requires: { scope: operation.scope, dpa: 'any' } },
      handler: async (request, reply) => {
        const input = checkInput<Name>(operation, request)
        if (operation.method !== 'GET') protectOperators(name, input as { params: Record<string, unknown> }, request.access.token)
        const output = await handle(input, (work) => options.applyChange(actorOf(request), name, work))
        return reply.code(operation.status).header('cache-control', 'no-store').send(output)
      },
    })
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
    const result = schema?.safeParse(value ?? {})
    if (result?.success) checked[part] = result.data
    for (const issue of result?.error?.issues ?? []) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
      const detail = issue.code === 'unrecognized_keys' ? 'expected no such member' : issue.message
      errors.push({ pointer: `/${[...(part === 'body' ? [] : [part]), ...path].join('/')}`, detail })
    }
  }
  if (errors.length > 0) {
    const [first] = errors
    throw new ProblemError('invalid-request', { detail: `${first?.pointer}: ${first?.detail}`, errors })
  }
  return checked as unknown as CheckedInput<Name>
}
