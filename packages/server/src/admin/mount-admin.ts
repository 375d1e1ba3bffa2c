// Mounts the table of operations, with the same handlers at each place: a guard in front, the input checked, the change applied in the name
// of the operator.
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import {
  ifMatchOf,
  isWrite,
  onlyReason,
  operations,
  requiresIfMatch,
  type CheckedInput,
  type Operation,
  type OperationName,
} from '@countersign/admin'
import { countersignGuard } from '@countersign/guard/fastify'
import type { ChangeKind } from '../audit/events/kinds.ts'
import { ProblemError } from '../errors.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import { actorOf } from '../api/actor-of.ts'
import type { Actor, ApplyChange, Change } from '../change/apply-change.ts'
import { forbidStorage } from '../api/no-store.ts'
import { leaveOut } from '../api/leave-out.ts'
import { readOptionalJson } from '../api/optional-body.ts'
import { checkParts } from '../api/check-parts.ts'
import type { AdminContext } from './handler-types.ts'
import { adminHandlers } from './handlers.ts'
import { openNamedKey, type ChangeInput } from './open-named-key.ts'
import { parseIfMatch } from '../api/if-match.ts'
import { answerOnce, parseIdempotencyKey } from '../api/idempotency.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import {
  checkAuthority,
  permitRealm,
  readAuthority,
  type Authority,
  type Operator,
  type OperatorAccess,
} from '../operators/operator-authority.ts'
import { inTurns } from '../store/in-turns.ts'
import { protectOperators, refuseLockout, refuseOwnEnd, refuseReduced } from '../operators/protect-operators.ts'
import type { MountOperations, OperationMount, OwnAccess } from '../operators/operation-mount.ts'
import { accessOf } from './operator-guard.ts'

export interface AdminOptions extends AdminContext {
  readonly applyChange: ApplyChange
  readonly addressOf: (request: FastifyRequest) => string
}

/** What the paths of the table begin with. */
const tablePrefix = '/admin/v1/'

export function createOperations(options: AdminOptions): MountOperations {
  const handlers = adminHandlers({ ...options, db: inTurns(options.db) })

  return async (app, mount) => {
    await app.register(countersignGuard, mount.guard)
    forbidStorage(app)
    readOptionalJson(app)
    for (const name of Object.keys(operations) as OperationName[]) mountOperation(app, mount, name)
  }

  function mountOperation<Name extends OperationName>(app: FastifyInstance, mount: OperationMount, name: Name): void {
    const operation: Operation = operations[name]
    const { own } = mount
    const handleAsOperator = handlers[name] as Handle<Name>
    const handleOwn = own?.handlers[name] as OwnHandler<Name> | undefined
    const handle = (input: CheckedInput<Name>, access: OperatorAccess, change?: Change, by?: Authority) =>
      handleOwn ? handleOwn(input, access as OwnAccess, change) : handleAsOperator(input, change ?? access.operator, by)
    const scope = own ? null : operation.scope
    const url = operation.path.replace(tablePrefix, `${mount.prefix}/`).replace(/\{(\w+)\}/g, ':$1')
    if (own && !operation.portal) return mountNothing(app, operation.method, url, mount.endpoint)
    app.route({
      method: operation.method,
      url,
      ...(operation.bodyLimit !== undefined && { bodyLimit: operation.bodyLimit }),
      config: { requires: { ...(scope && { scope }), dpa: 'any' }, endpoint: { kind: mount.endpoint } },
      handler: async (request, reply) => {
        const asking = accessOf(request)
        const access = own ? await own.admit(operation, request, asking) : asking
        if (!own) permitOperation(operation, access.operator, request)
        const input = checkInput<Name>(operation, request)
        reply.code(operation.status)
        const answer = isWrite(operation)
          ? await applyOnce(mount, operation, name, { request, access, input }, (change, by) => handle(input, access, change, by))
          : await handle(input, access)
        if (own && !isWrite(operation)) await own.confirm(access as OwnAccess)
        if (operation.etag) reply.header('etag', `"${String(answer['version'])}"`)
        return reply.send(own ? leaveOut(answer, operation.portal?.hides) : answer)
      },
    })
  }

  /** Applies the change, or returns the stored response if the Idempotency-Key is known. */
  async function applyOnce(
    mount: OperationMount,
    operation: Operation,
    name: OperationName,
    { request, access, input }: { readonly request: FastifyRequest; readonly access: OperatorAccess; readonly input: object },
    work: (change: Change, by: Authority) => Promise<Answer>,
  ): Promise<Answer> {
    const attempt = input as ChangeInput
    const { bringsSigningKey } = operation
    mount.permit?.(name, { ...attempt, bringsSigningKey }, access)
    protectOperators(name, attempt, access)
    const actor = actorAt(mount, request, access)
    const ifMatch = request.headers['if-match']
    if (ifMatch === undefined && requiresIfMatch(operation)) throw new ProblemError('precondition-required')
    const expectedVersions = ifMatchOf(operation) ? parseIfMatch(ifMatch) : undefined
    const key = parseIdempotencyKey(request.headers['idempotency-key'], keyOwnerOf(access.operator), [name, toDigested(operation, attempt)])
    await openNamedKey(options, attempt)
    if (name === 'pepper.retire') await options.usage.write() // Secrets that were just used here move first.
    await options.usage.flushProofs() // First uses of new secrets are recorded before the change opens its transaction.
    return answerOnce(
      options.db,
      key,
      (once) => options.applyChange(actor, name as ChangeKind, once, { expectedVersions, reason: attempt.body?.reason }),
      async (change) => {
        const isOfOperators = attempt.params['realm'] === operatorsRealmName
        const authority = await authorityOf(mount, operation, change, access)
        if (isOfOperators) refuseReduced(authority)
        if (!mount.own) await checkAuthority(change, authority, { ...attempt, bringsSigningKey }, operation)
        const answer = await work(change, authority)
        if (isOfOperators) await refuseLockout(change, access)
        if (name === 'pepper.retire') refuseOwnEnd(answer['ended'], access)
        return answer
      },
      (answer) => (operation.secret ? { ...answer, [operation.secret]: null } : answer),
    )
  }

  function actorAt({ via, own }: OperationMount, request: FastifyRequest, { operator: { realm, person } }: OperatorAccess): Actor {
    const actor = actorOf(request, realm, options.addressOf)
    if (person) return { ...actor, kind: 'person', via, name: person.name }
    return { ...actor, kind: own ? 'client' : 'operator', via }
  }
}

/** In the transaction of a change. */
function authorityOf(
  { own, readPerson }: OperationMount,
  operation: Operation,
  change: Change,
  access: OperatorAccess,
): Promise<Authority> {
  if (own) return own.check(change, operation, access as OwnAccess)
  if (!access.operator.person) return readAuthority(change, access)
  if (!readPerson) throw new TypeError('The mount knows no persons')
  return readPerson(change, access)
}

type Answer = Readonly<Record<string, unknown>>
type Handle<Name extends OperationName> = (input: CheckedInput<Name>, by: Operator | Change, authority?: Authority) => Promise<Answer>
type OwnHandler<Name extends OperationName> = (input: CheckedInput<Name>, access: OwnAccess, change?: Change) => Promise<Answer>

/** In place of an operation that is not at a mount, also where another method is at its path. */
function mountNothing(app: FastifyInstance, method: HTTPMethods, url: string, kind: EndpointKind): void {
  const refuse = () => {
    throw new ProblemError('not-found')
  }
  app.route({ method, url, config: { public: true, endpoint: { kind } }, onRequest: refuse, handler: refuse, exposeHeadRoute: false })
}

/** @throws ProblemError `realm-not-permitted` */
function permitOperation({ params, acrossRealms }: Operation, operator: Operator, request: FastifyRequest): void {
  if ('realm' in params.shape) permitRealm(operator, (request.params as { realm: string }).realm)
  else if (acrossRealms !== 'filtered') permitRealm(operator, undefined)
}

/** Without a reason it is as before these operations had a body: a retry may reach a server of another version. */
function toDigested({ body: shape }: Operation, { body, ...others }: ChangeInput): object {
  const isEmpty = shape === onlyReason && body?.reason === undefined
  return isEmpty || body === undefined ? others : { ...others, body }
}

/**
 * Under which name stored responses are kept. removeSome() in organizations/remove-clients.ts deletes them by it. That of a person is the name of
 * no client: neither a realm nor the id of an operator has a colon.
 */
export function keyOwnerOf({ realm, id, clientId, person }: Operator): string {
  if (person) return `person:${id}`
  return realm === operatorsRealmName ? clientId : `${realm}/${id}`
}

/** @throws ProblemError `invalid-request` naming every invalid field by a JSON pointer into its part of the request */
function checkInput<Name extends OperationName>({ params, query, body }: Operation, request: FastifyRequest): CheckedInput<Name> {
  return checkParts({
    params: [params, request.params],
    query: [query, request.query],
    body: [body, request.body],
  }) as unknown as CheckedInput<Name>
}
