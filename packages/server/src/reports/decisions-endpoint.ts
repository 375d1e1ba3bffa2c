// POST {issuer}/v1/decisions: what the guards of a realm's APIs refused, and how much they allowed. What is kept is durable before the
// answer; a report that comes again counts once.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Guard, Requirement } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { ownGuard } from '../api/own-guard.ts'
import { reportLimits } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Cache } from '../cache/cache.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { RefusalCounters } from '../refusals/refusal-counters.ts'
import type { Store } from '../store/store.ts'
import type { Usage } from '../usage/usage.ts'
import { countsOf, findNamedClients, refusalsOf } from './prepare-report.ts'
import type { ReportRate } from './report-rate.ts'
import { asReport, decisionReport, type CheckedReport } from './report-schema.ts'
import type { ReportWriter } from './report-writer.ts'

const mayReport: Requirement = { scope: 'decisions:write', dpa: 'any' }

export interface DecisionsContext {
  readonly realm: Realm
  readonly guard: Guard
  readonly cache: Pick<Cache, 'findClient'>
  readonly store: Pick<Store, 'backgroundPool'>
  readonly clock: Clock
  readonly rate: ReportRate
  readonly writer: ReportWriter
  readonly counters: RefusalCounters
  /** Counts of calls. */
  readonly usage?: Usage | undefined
}

export async function mountDecisions(app: FastifyInstance, context: DecisionsContext): Promise<void> {
  const { realm, guard, cache, store, clock, rate, writer, counters, usage } = context
  await app.register(countersignGuard, ownGuard(guard))
  forbidStorage(app)
  const db = store.backgroundPool

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { clientId: reporter } = request.access.token
    const now = clock()
    const report = asReport((checkParts({ body: [decisionReport, request.body] }) as { body: CheckedReport }).body)
    const from = { realm: realm.name, reporter, now, clients: await findNamedClients({ cache, db }, realm.name, report) }
    const isNew = await writer.write({
      realm: realm.name,
      reporter,
      at: now,
      report,
      version: versionOf(request),
      refusals: refusalsOf(report, from),
    })
    counters.countReport(realm.name, isNew ? 'taken' : 'repeated')
    if (isNew) counters.countReportOnly(realm.name, report.refusals.filter(({ reportOnly }) => reportOnly).length)
    if (isNew && usage) for (const entry of countsOf(report, from)) usage.count(entry)
    return reply.code(204).send()
  }

  const route = {
    method: 'POST' as const,
    bodyLimit: reportLimits.bytes,
    config: { requires: mayReport, endpoint: { kind: 'decisions' as const, realm: realm.name } },
    // Before the body is read, and after the guard.
    preParsing: async (request: FastifyRequest) => rate.take(realm.name, request.access.token.clientId, clock()),
    handler: answer,
    errorHandler: (error: unknown) => {
      if (error instanceof ProblemError) counters.countReport(realm.name, 'refused')
      throw error
    },
  }
  for (const { path } of realm.addresses) app.route({ ...route, url: `${path}/v1/decisions` })
}

/** The strict schema of a report could not grow: a guard may be newer than the server. */
function versionOf({ headers }: FastifyRequest): string | undefined {
  return /^countersign-guard\/(\d{1,4}\.\d{1,4}\.\d{1,4}[\w.-]{0,20})$/.exec(headers['user-agent'] ?? '')?.[1]
}
