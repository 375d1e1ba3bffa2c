// GET /v1/me/refusals: why requests of the bearer's client were refused, in the terms of an integrator. It has nothing that others tried
// under the name of the client, nothing of other clients, no whole address, and neither who reported it nor the reason of the audit log.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { operations } from '@countersign/admin'
import { meRequirement } from '@countersign/guard'
import { isProblemCode, problemUri, problems, type ProblemEntry } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { toInstant } from '../api/instants.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { detailOf, failedCheck, readRefusals, type StoredRefusal } from '../refusals/read-refusals.ts'
import type { Schema } from '../store/schema.ts'
import { rangeOf } from '../throttle/client-address.ts'
import { describeCheck, whoCanFix } from './refusal-terms.ts'

const ownRefusalsQuery = operations['refusals.list'].query.pick({ limit: true, after: true, from: true, to: true }).extend({
  request: z
    .string('expected one request id')
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected a request id as in the header X-Request-Id')
    .optional(),
})

interface OwnRefusalsOptions {
  /** Of the background: no token waits for it. */
  readonly db: Kysely<Schema>
  readonly publicUrl: string
  readonly mePath: string
  readonly endpoint: Endpoint
  readonly realmOf: (request: FastifyRequest) => string
}

/** @param app has a guard */
export function mountOwnRefusals(app: FastifyInstance, { db, publicUrl, mePath, endpoint, realmOf }: OwnRefusalsOptions): void {
  forbidStorage(app)
  app.get(`${mePath}/refusals`, { config: { requires: meRequirement, endpoint } }, async (request) => {
    const { query } = checkParts({ query: [ownRefusalsQuery, request.query] }) as { query: z.output<typeof ownRefusalsQuery> }
    const { limit, after, from, to, request: requestId } = query
    const realm = realmOf(request)
    const { clientId } = request.access.token
    // A client that was created again has nothing to do with what its predecessor did.
    const createdAt = await findCreation(db, realm, clientId)
    const earliest = Math.max(createdAt, from === undefined ? 0 : Date.parse(from))
    const filter = { realm, client: clientId, request: requestId, from: earliest, to: to === undefined ? undefined : Date.parse(to) }
    const { rows, next } = await readRefusals(db, { ...filter, isVerified: true }, { limit, after })
    return { items: rows.map((row) => describe(row, publicUrl)), next }
  })
}

/** Infinite for a client that is gone by now. */
async function findCreation(db: Kysely<Schema>, realm: string, clientId: string): Promise<number> {
  const row = await db
    .selectFrom('clients')
    .select('created_at')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.created_at ?? Number.MAX_SAFE_INTEGER
}

function describe(row: StoredRefusal, publicUrl: string) {
  const detail = detailOf(row)
  const { code } = row
  const entry: ProblemEntry | undefined = isProblemCode(code) ? problems[code] : undefined
  const failed = failedCheck(detail)
  return {
    requestId: row.request_id,
    callerRequestId: row.caller_request_id,
    at: toInstant(row.at),
    api: row.api,
    method: row.method,
    route: row.route,
    code,
    ...(entry && isProblemCode(code) && { type: problemUri(publicUrl, code), title: entry.title, status: entry.status }),
    detail: failed ? describeCheck(failed) : (entry?.causes[0]?.cause ?? null),
    checks: (detail.checks ?? []).map(({ check, result, saw }) => ({ check, result, saw })),
    causes: entry?.causes ?? [],
    fixedBy: whoCanFix(code),
    partnerId: detail.partnerId ?? null,
    requestorId: detail.requestorId ?? null,
    address: row.address === null ? null : rangeOf(row.address),
    reportOnly: detail.reportOnly === true,
  }
}
