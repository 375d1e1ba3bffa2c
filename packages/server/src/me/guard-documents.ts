// What a realm tells the guards of its APIs about the tokens of a client. What has changed since: feed/changes-endpoint.ts.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { maxClientIdLength } from '@countersign/admin'
import type { Entitlement } from '@countersign/guard'
import { isLowerCaseUuid, type EntitlementDocument } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { mayReadEntitlements } from '../api/entitlement-readers.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Cache } from '../cache/cache.ts'
import type { ChangeFeed } from '../cache/change-feed.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'

const uuid = z.string().refine(isLowerCaseUuid, 'expected one lower-case UUID')
const entitlementQuery = z.strictObject({
  client_id: z
    .string('expected one client id')
    .min(1, 'expected a client id')
    .refine((id) => [...id].length <= maxClientIdLength, `expected a client id of at most ${maxClientIdLength} characters`),
  partner: uuid.optional(),
  requestor: uuid.optional(),
})

export interface GuardDocumentsContext {
  readonly realm: Realm
  readonly cache: Pick<Cache, 'findEntitlement' | 'trustStore'>
  readonly changeFeed: Pick<ChangeFeed, 'asOf' | 'catchUp' | 'readCursor'>
}

/** @param app has the guard of the realm */
export function mountGuardDocuments(app: FastifyInstance, { realm, cache, changeFeed }: GuardDocumentsContext): void {
  forbidStorage(app)
  const config = { requires: mayReadEntitlements, endpoint: { kind: 'entitlement' as const, realm: realm.name } }
  for (const { path } of realm.addresses) {
    app.get(`${path}/v1/entitlement`, { config }, async (request) => {
      const { query } = checkParts({ query: [entitlementQuery, request.query] }) as { query: z.output<typeof entitlementQuery> }
      const { client_id: clientId, partner: partnerId, requestor: requestorId } = query
      await cache.trustStore()
      // The cursor of what the guard knows: a node that is behind must not answer by what was true before.
      const known = request.headers['last-event-id']?.toString()
      if (known !== undefined) await changeFeed.catchUp(realm, changeFeed.readCursor(known))
      // Before anything is read: whatever is read from here on is at least as recent.
      const asOf = changeFeed.asOf(realm)
      const wanted = { ...(partnerId !== undefined && { partnerId }), ...(requestorId !== undefined && { requestorId }) }
      const entitlement = await cache.findEntitlement(realm.name, clientId, wanted)
      if (!entitlement) throw new ProblemError('not-found', { detail: 'There is no such client in this realm.' })
      return { ...documentOf(entitlement, wanted), asOf } satisfies EntitlementDocument
    })
  }
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
