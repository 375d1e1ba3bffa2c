// What a client may do at the portal: what has a row `portal` in the table, for itself alone. Everything else is as if it were not there.
import type { FastifyRequest } from 'fastify'
import { portalRoles, type Operation, type PortalRole } from '@countersign/admin'
import { readClient } from '../cache/read-clients.ts'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { OperatorAccess } from '../operators/operator-authority.ts'
import type { OwnHandlers, OwnRules } from '../operators/operation-mount.ts'
import type { Realm } from '../realms/realm.ts'
import { mayGoOn, type SessionAccess } from '../sessions/session-standing.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'

export interface OwnRulesOptions {
  readonly realms: ReadonlyMap<string, Realm>
  readonly clock: Clock
  readonly handlers: OwnHandlers
}

/** What a secret of the client is worth. Other roles come with people. */
export const roleOfClients: PortalRole = 'developer'

/** Of one client, all its sessions together: a page that opens asks for some ten things. A second, and at once. */
const rate = { perSecond: 20, atOnce: 200 }
const maxClients = 10_000

export function createOwnRules({ realms, clock, handlers }: OwnRulesOptions): OwnRules {
  const buckets = new BoundedMap<Bucket>(maxClients)

  function refuseTooMany({ operator }: OperatorAccess): void {
    let bucket = buckets.get(operator.id)
    if (!bucket) buckets.set(operator.id, (bucket = createBucket(rate.perSecond, rate.atOnce)))
    if (!bucket.take(clock())) throw new ProblemError('rate-limited', { headers: { 'retry-after': '1' } })
  }

  return {
    handlers,
    admit({ portal }, request, access) {
      refuseTooMany(access)
      if (!portal || isAboutOthers(request, access)) throw notYours()
      refuseLowRole(portal.role, roleOfClients)
      refuseMembers(request.body, portal)
    },
    async check({ db, now }, access) {
      const { session, operator } = access as SessionAccess
      const client = await readClient(db, operator.realm, operator.clientId)
      if (!mayGoOn(client, realms.get(operator.realm)!, session, now)) throw new ProblemError('signed-out')
    },
  }
}

/** The same for what exists and what does not. */
export function notYours(): ProblemError {
  return new ProblemError('not-found', {
    detail: 'There is no such thing that belongs to your client.',
    remedy: 'A session shows one client and its organization. Sign in with the client that this belongs to.',
  })
}

/** By the path and the query, before either is checked: an operation that is added later is covered. */
function isAboutOthers(request: FastifyRequest, { operator, entitlement }: OperatorAccess): boolean {
  const { id, slug } = entitlement.organization.rights
  const own: Readonly<Record<string, readonly string[]>> = {
    realm: [operator.realm],
    organization: [id, slug],
    client: [operator.clientId],
  }
  const named = [request.params, request.query].flatMap((part) => Object.entries((part ?? {}) as object))
  return named.some(([name, value]) => Object.hasOwn(own, name) && !own[name]!.includes(value as string))
}

/** @throws ProblemError `insufficient-scope` */
export function refuseLowRole(needed: PortalRole, role: PortalRole): void {
  if (portalRoles.indexOf(role) >= portalRoles.indexOf(needed)) return
  throw new ProblemError('insufficient-scope', {
    detail: `This needs the role "${needed}", and the session has the role "${role}".`,
    remedy: 'Ask the provider.',
  })
}

function refuseMembers(body: unknown, { without = [] }: NonNullable<Operation['portal']>): void {
  const sent = without.filter((name) => typeof body === 'object' && body !== null && Object.hasOwn(body, name))
  if (sent.length === 0) return
  throw new ProblemError('invalid-request', {
    detail: `/${sent[0]}: expected no such member in the portal`,
    errors: sent.map((name) => ({ pointer: `/${name}`, detail: 'expected no such member in the portal' })),
  })
}
