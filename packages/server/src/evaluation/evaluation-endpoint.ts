// POST {issuer}/access/v1/evaluation and /evaluations: whether a token, or a client, may do something now, for APIs that have no guard. In
// the shape of the OpenID AuthZEN Authorization API 1.0 (§6, §7, §9); searches (§8) are not offered.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Guard, Requirement } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { isOfOtherClient } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { ownGuard } from '../api/own-guard.ts'
import { forbidStorage } from '../api/no-store.ts'
import { createClientRate } from '../api/client-rate.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import { realmPaths } from '../realms/realm-paths.ts'
import type { Realm } from '../realms/realm.ts'
import type { Refusals } from '../refusals/refusal.ts'
import { createTokenBudget } from './token-budget.ts'
import { createEvaluation, type Evaluated, type EvaluateOptions } from './evaluate.ts'
import { evaluationRequest, evaluationsRequest, type EvaluationRequest, type EvaluationsRequest } from './evaluation-schema.ts'

const mayEvaluate: Requirement = { scope: 'access:evaluate', dpa: 'any' }
/** A hundred tokens fit. */
const bodyLimit = 1024 * 1024
const maxInOneTurn = 10

export interface EvaluationContext extends EvaluateOptions {
  readonly realm: Realm
  /** Of the API itself: for the token of the caller. */
  readonly guard: Guard
  readonly refusals: Refusals
  readonly clock: Clock
}

export async function mountEvaluation(app: FastifyInstance, context: EvaluationContext): Promise<void> {
  const { realm, guard, clock } = context
  await app.register(countersignGuard, ownGuard(guard))
  forbidStorage(app)
  const evaluate = createEvaluation(context)
  const rate = createClientRate({ perSecond: 1000, burst: 2000, what: 'evaluations' })
  const tokens = createTokenBudget()

  async function answerOne(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body } = checkParts({ body: [evaluationRequest, request.body] }) as { body: EvaluationRequest }
    return reply.send(await single(request, body))
  }

  async function answerAll(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body } = checkParts({ body: [evaluationsRequest, request.body] }) as { body: EvaluationsRequest }
    const { evaluations = [], options, ...defaults } = body
    if (evaluations.length === 0) {
      const one = (checkParts({ body: [evaluationRequest, defaults] }) as { body: EvaluationRequest }).body
      return reply.send(await single(request, one))
    }
    rate.take(realm.name, request.access.token.clientId, clock(), evaluations.length - 1)
    const semantic = options?.evaluations_semantic ?? 'execute_all'
    const found: Pick<Evaluated, 'decision' | 'context'>[] = []
    for (const each of evaluations) {
      const { decision, context: about } = await oneOfMany(request, { ...defaults, ...each })
      found.push({ decision, context: about })
      // A signature of P-521 takes more than a millisecond, and that of a bad token is verified each time.
      if (found.length % maxInOneTurn === 0) await otherRequests()
      if ((semantic === 'deny_on_first_deny' && !decision) || (semantic === 'permit_on_first_permit' && decision)) break
    }
    return reply.send({ evaluations: found })
  }

  async function decide(request: FastifyRequest, question: EvaluationRequest): Promise<Evaluated> {
    const caller = { realm: realm.name, clientId: request.access.token.clientId }
    tokens.check(caller, question, clock())
    const evaluated = await evaluate(question, request.id)
    tokens.settle(caller, question, evaluated, clock())
    return evaluated
  }

  async function single(request: FastifyRequest, question: EvaluationRequest) {
    const { decision, context: about, refused } = await decide(request, question)
    if (refused) noteRefusal(context, request, refused, question.subject.type === 'client')
    return { decision, context: about }
  }

  /** §7.2.1: what is wrong with one of them is the answer to it, and the others are answered. */
  async function oneOfMany(request: FastifyRequest, question: object): Promise<Evaluated> {
    try {
      const { body } = checkParts({ body: [evaluationRequest, question] }) as { body: EvaluationRequest }
      return await decide(request, body)
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'invalid-request') throw error
      return { decision: false, context: { error: { status: 400, message: error.details.detail } } }
    }
  }

  const route = {
    method: 'POST' as const,
    bodyLimit,
    onSend: sendCallersId,
    config: { requires: mayEvaluate, endpoint: { kind: 'evaluation' as const, realm: realm.name } },
    // Before the body is read, and after the guard.
    preParsing: async (request: FastifyRequest) => rate.take(realm.name, request.access.token.clientId, clock(), 1),
  }
  for (const { path, origin } of realm.addresses.map((address) => ({ ...address, origin: realm.origin }))) {
    app.route({ ...route, url: `${path}/access/v1/evaluation`, handler: answerOne })
    app.route({ ...route, url: `${path}/access/v1/evaluations`, handler: answerAll })
    const metadata = JSON.stringify({
      policy_decision_point: origin + path,
      access_evaluation_endpoint: `${origin}${path}/access/v1/evaluation`,
      access_evaluations_endpoint: `${origin}${path}/access/v1/evaluations`,
    })
    const config = { public: true, endpoint: { kind: 'discovery', realm: realm.name } } as const
    for (const url of realmPaths({ issuerPath: path, tokenProfile: realm.tokenProfile }).evaluationMetadata)
      app.get(url, { config }, (_request, reply) =>
        reply.header('content-type', 'application/json').header('cache-control', 'public, max-age=300').send(metadata),
      )
  }
}

/** §10.1.5: the caller's own id is in every response; ours is in the log, and in the `instance` of a refusal. */
async function sendCallersId(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.callerRequestId !== undefined) reply.header('x-request-id', request.callerRequestId)
}

/**
 * A single question is about a request that is then refused, so that it can be explained by the id of the answer.
 * @param isNamed without a token nothing shows that the client itself sent the request: it must not find it among its own
 */
function noteRefusal(
  { refusals, realm, clock }: EvaluationContext,
  request: FastifyRequest,
  { denial, request: asked, requirement, guard }: NonNullable<Evaluated['refused']>,
  isNamed: boolean,
): void {
  const { requires, partnerId, requestorId, tokenId, revision, checks } = guard.describeDecision(asked, requirement, denial)
  refusals.note({
    requestId: request.id,
    realm: realm.name,
    at: clock(),
    source: 'evaluation',
    askedBy: request.access.token.clientId,
    code: denial.code,
    clientId: denial.clientId ?? undefined,
    organizationId: denial.organizationId ?? undefined,
    callerRequestId: request.callerRequestId,
    detail: {
      checks,
      requires,
      partnerId: partnerId ?? undefined,
      requestorId: requestorId ?? undefined,
      tokenId: tokenId ?? undefined,
      revision: revision ?? undefined,
      ...((isNamed || isOfOtherClient(checks)) && { isNamed: true }),
    },
  })
}
