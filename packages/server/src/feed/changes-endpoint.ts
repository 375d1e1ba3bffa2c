// GET {issuer}/v1/changes: what has changed in a realm since a guard last asked, as one document, or as a stream of events from then on.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { ownGuard } from '../api/own-guard.ts'
import type { ChangesDocument } from '@countersign/protocol'
import { checkParts } from '../api/check-parts.ts'
import { mayReadEntitlements } from '../api/entitlement-readers.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Cache } from '../cache/cache.ts'
import type { ChangeFeed } from '../cache/change-feed.ts'
import type { Realm } from '../realms/realm.ts'
import { acceptsEvents } from './accepts-events.ts'
import { audiencesOf } from './audiences.ts'
import type { Feed } from './feed.ts'

const maxCursorLength = 512
const changesQuery = z.strictObject({
  after: z.string('expected one cursor').max(maxCursorLength, 'expected the value of "cursor" of an earlier response').optional(),
})

interface ChangesContext {
  readonly realm: Realm
  readonly guard: Guard
  readonly cache: Pick<Cache, 'trustStore' | 'claimSets'>
  readonly changeFeed: ChangeFeed
  readonly feed: Feed
}

export async function mountChanges(app: FastifyInstance, { realm, guard, cache, changeFeed, feed }: ChangesContext): Promise<void> {
  await app.register(countersignGuard, ownGuard(guard))
  forbidStorage(app)
  const streams = feed.ofRealm(realm, guard)

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<ChangesDocument | undefined> {
    const { after } = (checkParts({ query: [changesQuery, request.query] }) as { query: z.output<typeof changesQuery> }).query
    // A node that must not use its cache does not know what has changed either.
    await cache.trustStore()
    const { accept, 'last-event-id': lastEventId } = request.headers
    if (request.method !== 'GET' || !acceptsEvents(accept)) {
      const changes = await changeFeed.changesSince(realm, after)
      return { ...changes, audiences: audiencesOf(realm, cache.claimSets) }
    }
    const place = readPlace(lastEventId?.toString() ?? after)
    await changeFeed.catchUp(realm, place)
    streams.open(request, reply, place)
    return undefined
  }

  /** A cursor that cannot be read counts for nothing: a guard that was refused for it would come back with the same one. */
  const readPlace = (cursor: string | undefined) =>
    cursor === undefined || cursor.length > maxCursorLength ? undefined : changeFeed.readCursor(cursor)

  const config = { requires: mayReadEntitlements, endpoint: { kind: 'changes' as const, realm: realm.name } }
  for (const { path } of realm.addresses) app.get(`${path}/v1/changes`, { config }, answer)
}
