// What a realm tells the guards of its APIs: what decides about the tokens of a client, and what has changed since a guard last asked.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { maxClientIdLength } from '@countersign/admin'
import type { Entitlement, Requirement } from '@countersign/guard'
import { tokenProfiles, type ChangesDocument, type EntitlementDocument } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Cache } from '../cache/cache.ts'
import type { ChangeFeed } from '../cache/change-feed.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'

export const mayReadEntitlements: Requirement = { scope: 'entitlements:read', dpa: 'any' }

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected one lower-case UUID')
const entitlementQuery = z.strictObject({
  client_id: z
    .string('expected one client id')
    .min(1, 'expected a client id')
    .refine((id) => [...id].length <= maxClientIdLength, `expected a client id of at most ${maxClientIdLength} characters`),
  partner: uuid.optional(),
  requestor: uuid.optional(),
})
const changesQuery = z.strictObject({
  after: z.string('expected one cursor').max(512, 'expected the value of "cursor" of an earlier response').optional(),
})

export interface GuardDocumentsContext {
  readonly realm: Realm
  readonly cache: Pick<Cache, 'findEntitlement' | 'trustStore' | 'claimSets'>
  readonly changeFeed: ChangeFeed
}

/** @param app has the guard of the realm */
export function mountGuardDocuments(app: FastifyInstance, { realm, cache, changeFeed }: GuardDocumentsContext): void {
  const bases = realm.addresses.map(({ path }) => `${path}/v1`)
  const serve = (kind: 'entitlement' | 'changes', answer: (request: FastifyRequest) => Promise<object>) => {
    const config = { requires: mayReadEntitlements, endpoint: { kind, realm: realm.name } }
    for (const base of bases) app.get(`${base}/${kind}`, { config }, answer)
  }
  forbidStorage(app)

  serve('entitlement', async (request) => {
    const { query } = checkParts({ query: [entitlementQuery, request.query] }) as { query: z.output<typeof entitlementQuery> }
    const { client_id: clientId, partner: partnerId, requestor: requestorId } = query
    await cache.trustStore()
    // Before anything is read: whatever is read from here on is at least as recent.
    const asOf = changeFeed.asOf(realm)
    const wanted = { ...(partnerId !== undefined && { partnerId }), ...(requestorId !== undefined && { requestorId }) }
    const entitlement = await cache.findEntitlement(realm.name, clientId, wanted)
    if (!entitlement) throw new ProblemError('not-found', { detail: 'There is no such client in this realm.' })
    return { ...documentOf(entitlement, wanted), asOf } satisfies EntitlementDocument
  })

  serve('changes', async (request) => {
    const { query } = checkParts({ query: [changesQuery, request.query] }) as { query: z.output<typeof changesQuery> }
    // A node that must not use its cache does not know what has changed either.
    await cache.trustStore()
    const changes = await changeFeed.changesSince(realm, query.after)
    return { ...changes, audiences: audiencesOf(realm, cache.claimSets) } satisfies ChangesDocument
  })
}

/** An audience that only grants of single clients name is not among them: its API is declared in "apis" (docs/tokens.md). */
function audiencesOf({ name, tokenProfile, audience, apis }: Realm, claimSets: Cache['claimSets']): string[] | null {
  if (!tokenProfiles[tokenProfile].hasAudience) return []
  return audience === undefined ? null : [...new Set([audience, ...apis.keys(), ...claimSets.audiencesOf(name)])]
}

function documentOf(
  { organization, client }: Entitlement,
  { partnerId, requestorId }: { readonly partnerId?: string; readonly requestorId?: string },
): Omit<EntitlementDocument, 'asOf'> {
  const partner = partnerId === undefined ? undefined : (organization.partners.find(partnerId) ?? null)
  const permissions = requestorId === undefined ? undefined : (organization.requestors.find(requestorId) ?? null)
  return {
    organization: organization.rights,
    client: client.rights,
    ...(partner !== undefined && { partner }),
    ...(permissions !== undefined && { requestor: permissions && { id: requestorId!, permissions: [...permissions] } }),
  }
}
