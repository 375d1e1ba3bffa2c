// GET /v1/me/refusals: why requests of the bearer's client were refused, in the terms of an integrator. It has nothing that others tried
// under the name of the client, nothing of other clients or of an earlier one of the same id, no whole address, and neither who reported it nor the reason of the audit log.
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { operations } from '@countersign/admin'
import { meRequirement } from '@countersign/guard'
import { isProblemCode, problemUri, problems, type ProblemEntry } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { toInstant } from '../api/instants.ts'
import type { Page } from '../api/page.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { detailOf, readRefusals, type RefusalFilter, type StoredRefusal } from '../refusals/read-refusals.ts'
import { failedCheck } from '../refusals/refusal.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { rangeOf } from '../throttle/client-address.ts'
import { findOwnClient, type RealmOf } from './own-client.ts'
import { describeCheck, whoCanFix } from './refusal-terms.ts'

const ownRefusalsQuery = operations['refusals.list'].query.pick({ limit: true, after: true, from: true, to: true }).extend({
  request: z
    .string('expected one request id')
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected a request id as in the header X-Request-Id')
    .optional(),
})

/** Of 5000 rows: others can name a client in a million requests, none of which it sees. Then a page is empty and has a cursor. */
const maxParts = 20

export interface UrlsOfServer {
  readonly publicUrl: string
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
}

interface OwnRefusalsOptions {
  /** Of the background: no token waits for it. */
  readonly db: Kysely<Schema>
  readonly urls: UrlsOfServer
  readonly mePath: string
  readonly endpoint: Endpoint
  readonly realmOf: RealmOf
}

/** @param app has a guard */
export function mountOwnRefusals(app: FastifyInstance, { db, urls, mePath, endpoint, realmOf }: OwnRefusalsOptions): void {
  forbidStorage(app)
  app.get(`${mePath}/refusals`, { config: { requires: meRequirement, endpoint } }, async (request) => {
    const { query } = checkParts({ query: [ownRefusalsQuery, request.query] }) as { query: z.output<typeof ownRefusalsQuery> }
    const own = { db, realm: realmOf(request), clientId: request.access.token.clientId }
    const { rows, next } = await readOwnRefusals(own, query)
    return { items: rows.map((row) => describeOwnRefusal(row, urls)), next }
  })
}
interface Own {
  readonly db: Kysely<Schema>
  readonly realm: Pick<Realm, 'name' | 'accessTokenLifetime'>
  readonly clientId: string
}

type Asked = z.output<typeof ownRefusalsQuery> & Pick<RefusalFilter, 'code' | 'api'>

/** What a client is told of: nothing that was only tried in its name, and nothing of an earlier client with its id. */
export async function readOwnRefusals(
  { db, realm, clientId }: Own,
  { limit, after, from, to, request, code, api }: Asked,
): Promise<Page<StoredRefusal>> {
  const client = await findOwnClient(db, realm.name, clientId)
  if (!client) return { rows: [], next: null }
  const filter = {
    realm: realm.name,
    client: clientId,
    request,
    code,
    api,
    from: Math.max(client.createdAt, from === undefined ? 0 : Date.parse(from)),
    to: to === undefined ? undefined : Date.parse(to),
    isVerified: true,
  }
  const { rows, next } = await readRefusals(db, filter, { limit, after }, maxParts)
  const firstEnd = client.createdAt + (client.accessTokenLifetime ?? realm.accessTokenLifetime) * 1000
  return { rows: rows.filter((row) => expiryOf(row) >= firstEnd), next }
}

/** When the token had expired, in milliseconds since the epoch. One that ends before the client can have any is of an earlier client. */
function expiryOf(row: StoredRefusal): number {
  const [, seconds] = /^expired (\d{1,12}) s ago$/.exec(failedCheck(detailOf(row))?.saw ?? '') ?? []
  return seconds === undefined ? Infinity : row.at - Number(seconds) * 1000
}

export function describeOwnRefusal(row: StoredRefusal, { publicUrl, portalUrl }: UrlsOfServer) {
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
    fixedBy: whoCanFix(code, failed?.saw ?? '', portalUrl),
    partnerId: detail.partnerId ?? null,
    requestorId: detail.requestorId ?? null,
    address: row.address === null ? null : rangeOf(row.address),
    reportOnly: detail.reportOnly === true,
  }
}
