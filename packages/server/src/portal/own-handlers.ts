// Operations that differ for a client that asks for itself: lists with nothing of others, and the steps of a rotation by the rules for a
// client, as at /v1/me. Whose request it is was checked before (own-rules.ts).
import type { Kysely } from 'kysely'
import type { AdminContext } from '../admin/handler-types.ts'
import { listClients } from '../admin/list-clients.ts'
import { named } from '../admin/usage-handlers.ts'
import { refusedQuery } from '../api/refused-query.ts'
import { describeOwnRefusal, readOwnRefusals } from '../me/own-refusals.ts'
import { findOwnClient } from '../me/own-client.ts'
import { firstOwnStep } from '../me/own-usage.ts'
import { refuseShortWindow, requireNewSecret } from '../me/change-own-secret.ts'
import type { StepLimit } from '../me/step-limit.ts'
import type { OwnHandlers } from '../operators/operation-mount.ts'
import type { OperatorAccess } from '../operators/operator-authority.ts'
import type { Realm } from '../realms/realm.ts'
import { cancelRotation, confirmRotation, startRotation } from '../rotation/rotation-steps.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { Schema } from '../store/schema.ts'
import { listCredentialUses } from '../usage/list-credential-uses.ts'
import { readUsage } from '../usage/read-usage.ts'
import { explainOwnRefusal } from './explain-own-refusal.ts'
import { notYours } from './own-rules.ts'

export interface OwnContext extends Pick<AdminContext, 'realms' | 'db' | 'cache' | 'pepper' | 'usage' | 'clock'> {
  readonly publicUrl: string
  /** No token waits for it. */
  readonly backgroundPool: Kysely<Schema>
  /** Shared with /v1/me. */
  readonly stepLimit: StepLimit
}

export function createOwnHandlers(context: OwnContext): OwnHandlers {
  const { realms, db, clock, publicUrl, backgroundPool, stepLimit } = context

  const ownOf = ({ operator: { realm: name, clientId, id }, entitlement }: OperatorAccess) => {
    const realm: Realm = realms.get(name)!
    return { realm, clientId, id, organizationId: entitlement.organization.rights.id }
  }

  return {
    'clients.list': ({ query }, access) => {
      const { realm, clientId, organizationId } = ownOf(access)
      return listClients(db, realm, { ...query, organizationId, clientId }, clock())
    },
    'usage.series': async ({ query: { by, what, step, from, to } }, access) => {
      const { realm, clientId, organizationId } = ownOf(access)
      const since = await firstOwnStep(db, realm.name, clientId, step)
      const filter = { realm: realm.name, what, clientId, organizationId, since, isProven: true }
      return named(db, by, await readUsage(db, filter, by, { step, from, to }, clock()))
    },
    'credentials.uses': async ({ query: { limit, after } }, access) => {
      const { realm, clientId, organizationId } = ownOf(access)
      const since = (await findOwnClient(db, realm.name, clientId))?.createdAt ?? Infinity
      const filter = { realm: realm.name, client: clientId, own: { organizationId, since } }
      return listCredentialUses(db, filter, clock(), { limit, after })
    },
    'refusals.list': async ({ query: { limit, after, from, to, request, code, api, reason, source } }, access) => {
      if (reason !== undefined) throw refusedQuery('/query/reason', 'expected no such parameter in the portal')
      if (source !== undefined) throw refusedQuery('/query/source', 'expected no such parameter in the portal')
      const own = { ...ownOf(access), db: backgroundPool }
      const { rows, next } = await readOwnRefusals(own, { limit, after, from, to, request, code, api })
      return { items: rows.map((row) => describeOwnRefusal(row, publicUrl)), next }
    },
    'requests.explain': async ({ params: { request } }, access) => {
      const own = { ...ownOf(access), db: backgroundPool }
      const { rows } = await readOwnRefusals(own, { limit: 1, request })
      if (!rows[0]) throw notYours()
      return explainOwnRefusal({ ...context, db: backgroundPool }, own.realm, rows[0])
    },
    'rotation.start': ({ body: { window } }, access, change) => {
      const { realm, clientId, id } = ownOf(access)
      refuseShortWindow(realm, window)
      stepLimit.count('start', id, clock())
      return startRotation(change, context, realm, clientId, { window, by: 'client' })
    },
    'rotation.confirm': async (_input, access, change) => {
      const { realm, clientId, id } = ownOf(access)
      stepLimit.count('confirm', id, clock())
      await requireNewSecret(change, realm, clientId, (access as SessionAccess).session.credential)
      return confirmRotation(change, context, realm, clientId, {})
    },
    'rotation.cancel': (_input, access, change) => {
      const { realm, clientId, id } = ownOf(access)
      stepLimit.count('cancel', id, clock())
      return cancelRotation(change, context, realm, clientId, 'client')
    },
  }
}
