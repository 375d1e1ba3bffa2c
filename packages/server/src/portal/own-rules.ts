// What is at the portal, and for which role: what has a row `portal` in the table, for the client that has signed in, or for the organization of
// the person. Everything else is as if it were not there.
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { isWrite, portalRoles, type Operation, type PortalRole } from '@countersign/admin'
import { readClient } from '../cache/read-clients.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { Authority, OperatorAccess } from '../operators/operator-authority.ts'
import type { OwnAccess, OwnHandlers, OwnRules } from '../operators/operation-mount.ts'
import type { Change } from '../change/apply-change.ts'
import type { Realm } from '../realms/realm.ts'
import { readPersonAuthority } from '../sessions/person-authority.ts'
import { portalRightsOf } from '../sessions/person-standing.ts'
import { mayGoOn, type SessionAccess } from '../sessions/session-standing.ts'
import type { Schema } from '../store/schema.ts'
import type { AskerLimits } from './asker-limits.ts'
import { findClientOf, refuseOperator } from './client-of-organization.ts'
import { readNames } from './named-in-request.ts'

export interface OwnRulesOptions {
  readonly realms: ReadonlyMap<string, Realm>
  readonly db: Kysely<Schema>
  readonly clock: Clock
  readonly handlers: OwnHandlers
  readonly askers: AskerLimits
}

/** What a secret of the client is worth. Other roles are those of people. */
export const roleOfClients: PortalRole = 'developer'

export function createOwnRules({ realms, db, clock, handlers, askers }: OwnRulesOptions): OwnRules {
  async function checkClient(change: Pick<Change, 'db' | 'now'>, access: OwnAccess): Promise<Authority> {
    const { session, operator } = sessionOf(access)
    const client = await readClient(change.db, operator.realm, operator.clientId)
    if (!mayGoOn(client, realms.get(operator.realm)!, session, change.now)) throw new ProblemError('signed-out')
    return { operator, scopes: [], realms: [operator.realm], isOwner: false }
  }

  async function checkPerson(change: Pick<Change, 'db'>, { portal }: Operation, access: OwnAccess): Promise<Authority> {
    const authority = await readPersonAuthority(change, access, { realms, rightsOf: portalRightsOf })
    const { role, realm, organizationId } = authority.person
    refuseLowRole(portal!.role, role!)
    if (!access.client) return authority
    const client = await findClientOf(change.db, { realm, organizationId }, access.client.clientId)
    if (client?.id !== access.client.id) throw notYours(access)
    refuseOperator(client)
    return authority
  }

  return {
    handlers,
    async admit(operation, request, access) {
      const { portal } = operation
      const { id: organization } = access.entitlement.organization.rights
      askers.countRequest(access.operator.id, organization, clock())
      if (!portal) throw notYours(access)
      const client = await findOwn(db, request, access)
      refuseLowRole(portal.role, roleOf(sessionOf(access)))
      refuseMembers(request.body, portal)
      if (isWrite(operation)) askers.countChange(access.operator.id, organization, clock())
      return { ...access, client }
    },
    async confirm(access) {
      const { client, operator } = access
      if (!operator.person || !client) return
      const still = await findClientOf(db, { realm: operator.realm, organizationId: operator.person.organizationId }, client.clientId)
      if (still?.id !== client.id) throw notYours(access)
    },
    check: (change, operation, access) => (access.operator.person ? checkPerson(change, operation, access) : checkClient(change, access)),
  }
}

/** The client that a request is about. @throws ProblemError `not-found` if it names anything that is not the own */
async function findOwn(db: Kysely<Schema>, request: FastifyRequest, access: OperatorAccess): Promise<OwnAccess['client']> {
  const { operator, entitlement } = access
  const { id: organizationId, slug } = entitlement.organization.rights
  const { realms, organizations, clients } = readNames(request)
  const isOther = realms.some((name) => name !== operator.realm) || organizations.some((name) => name !== organizationId && name !== slug)
  const [named = operator.person ? undefined : operator.clientId] = clients
  if (isOther || clients.some((name) => name !== named)) throw notYours(access)
  if (named === undefined) return undefined
  const own = operator.person
    ? await findClientOf(db, { realm: operator.realm, organizationId: operator.person.organizationId }, named)
    : { id: operator.id, clientId: operator.clientId }
  if (own?.clientId !== named) throw notYours(access)
  return { id: own.id, clientId: own.clientId }
}

/** The guard of the portal finds nothing else. */
function sessionOf(access: OperatorAccess): SessionAccess {
  return access as SessionAccess
}

export function roleOf({ session: { who } }: Pick<SessionAccess, 'session'>): PortalRole {
  return who.kind === 'person' ? (who.role ?? 'viewer') : roleOfClients
}

/** The same for what exists and what does not. */
export function notYours({ operator }: Pick<OperatorAccess, 'operator'>): ProblemError {
  return operator.person
    ? new ProblemError('not-found', {
        detail: 'There is no such thing that belongs to your organization.',
        remedy: 'A session shows one organization and its clients. Check the address.',
      })
    : new ProblemError('not-found', {
        detail: 'There is no such thing that belongs to your client.',
        remedy: 'A session shows one client and its organization. Sign in with the client that this belongs to.',
      })
}

/** @throws ProblemError `insufficient-scope` */
export function refuseLowRole(needed: PortalRole, role: PortalRole): void {
  if (portalRoles.indexOf(role) >= portalRoles.indexOf(needed)) return
  throw new ProblemError('insufficient-scope', {
    detail: `This needs the role "${needed}", and the session has the role "${role}".`,
    remedy:
      needed === 'admin' ? 'Ask a colleague who is an admin, or the provider.' : 'Ask an admin of your organization, or the provider.',
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
