// What the calling client used: its tokens, calls and refusals over time, and its routes. Refusals of those who only named the client are
// left out, and so is a deleted client of the same id: an integrator sees what it did itself, and nothing of others.
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { usageQuery } from '@countersign/admin'
import { meRequirement } from '@countersign/guard'
import { checkParts } from '../api/check-parts.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Clock } from '../clock.ts'
import type { Endpoint } from '../http/endpoints.ts'
import type { Schema } from '../store/schema.ts'
import { readUsage, type Series, type UsageRange } from '../usage/read-usage.ts'
import type { UsageFilter } from '../usage/sum-usage.ts'
import { startOf, stepMs, type UsageStep } from '../usage/usage-steps.ts'
import { findOwnClient, type RealmOf } from './own-client.ts'

export interface OwnUsageContext {
  readonly db: Kysely<Schema>
  readonly clock: Clock
  readonly mePath: string
  readonly endpoint: Endpoint
  readonly realmOf: RealmOf
}

export interface OwnUsage extends Pick<Series, 'step' | 'from' | 'to' | 'countedSince'> {
  /** By outcome: "issued", or the problem of a refusal. */
  readonly tokens: Series['series']
  /** By outcome: "allowed", or the problem of a refusal. */
  readonly calls: Series['series']
  readonly routes: Series['series']
}

/** @param app has a guard */
export function mountOwnUsage(app: FastifyInstance, { db, clock, mePath, endpoint, realmOf }: OwnUsageContext): void {
  forbidStorage(app)
  app.get(`${mePath}/usage`, { config: { requires: meRequirement, endpoint } }, async (request): Promise<OwnUsage> => {
    const { query } = checkParts({ query: [usageQuery, request.query] }) as { readonly query: UsageRange }
    const { token, entitlement } = request.access
    const { name: realm } = realmOf(request)
    const now = clock()
    const since = await firstOwnStep(db, realm, token.clientId, query.step)
    const { id: organizationId } = entitlement.organization.rights
    const own = { realm, clientId: token.clientId, organizationId, since, isProven: true } satisfies UsageFilter
    const tokens = await readUsage(db, { ...own, what: 'token' }, 'outcome', query, now)
    const calls = await readUsage(db, { ...own, what: 'call' }, 'outcome', query, now)
    const routes = await readUsage(db, own, 'route', query, now)
    const { step, from, to, countedSince } = tokens
    return { step, from, to, countedSince, tokens: tokens.series, calls: calls.series, routes: routes.series }
  })
}

/** The step in which the client was created counts for it, unless a client of the same id was used before: that one may have been used in it. */
export async function firstOwnStep(db: Kysely<Schema>, realm: string, clientId: string, step: UsageStep): Promise<number | undefined> {
  const client = await findOwnClient(db, realm, clientId)
  if (!client) return undefined
  const first = startOf(step, client.createdAt)
  const earlier = await db
    .selectFrom('credential_uses')
    .select('credential')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .where('first_at', '<', client.createdAt)
    .limit(1)
    .executeTakeFirst()
  return earlier ? first + stepMs[step] : first
}
