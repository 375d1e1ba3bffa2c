// Operations that differ for a client that asks for itself, and for a person who asks for an organization: lists with nothing of others, and the
// steps of a rotation by the rules for a client, as at /v1/me. Whose request it is was checked before (own-rules.ts).
import { listClients } from '../admin/list-clients.ts'
import { named } from '../admin/usage-handlers.ts'
import { refusedQuery } from '../api/refused-query.ts'
import { describeOwnRefusal, readOwnRefusals } from '../me/own-refusals.ts'
import { findOwnClient } from '../me/own-client.ts'
import { firstOwnStep } from '../me/own-usage.ts'
import { refuseShortWindow, requireNewSecret } from '../me/change-own-secret.ts'
import type { OwnAccess, OwnHandlers } from '../operators/operation-mount.ts'
import type { Realm } from '../realms/realm.ts'
import type { StoredRefusal } from '../refusals/read-refusals.ts'
import { cancelRotation, confirmRotation, startRotation } from '../rotation/rotation-steps.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import { listCredentialUses } from '../usage/list-credential-uses.ts'
import { readUsage } from '../usage/read-usage.ts'
import { explainOwnRefusal } from './explain-own-refusal.ts'
import { ownAgreement } from './own-agreement.ts'
import type { OwnContext } from './own-context.ts'
import { ownRequests } from './own-requests.ts'
import { notYours } from './own-rules.ts'
import { readRefusalsOf } from './refusals-of-organization.ts'

export function createOwnHandlers(context: OwnContext): OwnHandlers {
  const { realms, db, clock, backgroundPool, stepLimit } = context

  const ownOf = ({ operator: { realm: name, person }, entitlement, client }: OwnAccess) => {
    const realm: Realm = realms.get(name)!
    return { realm, client, isPerson: person !== undefined, organizationId: entitlement.organization.rights.id }
  }

  /** Of an operation below a client, and of a session of a client. */
  const ownClientOf = (access: OwnAccess) => {
    if (!access.client) throw notYours(access)
    return { realm: ownOf(access).realm, ...access.client }
  }

  /** Of a client not what an earlier one of its id was refused; of an organization what any of its clients was. */
  const readRefusals = (access: OwnAccess, asked: Parameters<typeof readOwnRefusals>[1]) => {
    const { realm, client, isPerson, organizationId } = ownOf(access)
    if (isPerson) return readRefusalsOf({ db: backgroundPool, realm, organizationId, clientId: client?.clientId }, asked)
    return readOwnRefusals({ db: backgroundPool, ...ownClientOf(access) }, asked)
  }

  return {
    ...ownAgreement(context),
    ...ownRequests(context),
    'clients.list': ({ query }, access) => {
      const { realm, client, organizationId } = ownOf(access)
      return listClients(db, realm, { ...query, organizationId, ...(client && { clientId: client.clientId }) }, clock())
    },
    'usage.series': async ({ query: { by, what, step, from, to } }, access) => {
      const { realm, client, isPerson, organizationId } = ownOf(access)
      const since = isPerson || !client ? undefined : await firstOwnStep(db, realm.name, client.clientId, step)
      const filter = { realm: realm.name, what, clientId: client?.clientId, organizationId, since, isProven: true }
      return named(db, by, await readUsage(db, filter, by, { step, from, to }, clock()))
    },
    'credentials.uses': async ({ query: { limit, after } }, access) => {
      const { realm, client, isPerson, organizationId } = ownOf(access)
      const since = isPerson || !client ? 0 : ((await findOwnClient(db, realm.name, client.clientId))?.createdAt ?? Infinity)
      const filter = { realm: realm.name, client: client?.clientId, own: { organizationId, since } }
      return listCredentialUses(db, filter, clock(), { limit, after })
    },
    'refusals.list': async ({ query: { limit, after, from, to, request, code, api, reason, source } }, access) => {
      if (reason !== undefined) throw refusedQuery('/query/reason', 'expected no such parameter in the portal')
      if (source !== undefined) throw refusedQuery('/query/source', 'expected no such parameter in the portal')
      const { rows, next } = await readRefusals(access, { limit, after, from, to, request, code, api })
      const { isPerson } = ownOf(access)
      const describe = (row: StoredRefusal) => Object.assign(describeOwnRefusal(row, context), isPerson && { client: row.client_id })
      return { items: rows.map(describe), next }
    },
    'requests.explain': async ({ params: { request } }, access) => {
      const { rows } = await readRefusals(access, { limit: 1, request })
      if (!rows[0]) throw notYours(access)
      return explainOwnRefusal({ ...context, db: backgroundPool }, ownOf(access).realm, rows[0])
    },
    'rotation.start': ({ body: { window } }, access, change) => {
      const { realm, clientId, id } = ownClientOf(access)
      refuseShortWindow(realm, window)
      stepLimit.count('start', id, clock())
      return startRotation(change, context, realm, clientId, { window, by: 'client' })
    },
    'rotation.confirm': async (_input, access, change) => {
      const { realm, clientId, id } = ownClientOf(access)
      stepLimit.count('confirm', id, clock())
      const { who } = (access as OwnAccess & SessionAccess).session
      // A person does not prove a secret; that the new one is used, and the old one is not, is checked for both.
      if (who.kind === 'client') await requireNewSecret(change, realm, clientId, who.credential)
      return confirmRotation(change, context, realm, clientId, {})
    },
    'rotation.cancel': (_input, access, change) => {
      const { realm, clientId, id } = ownClientOf(access)
      stepLimit.count('cancel', id, clock())
      return cancelRotation(change, context, realm, clientId, 'client')
    },
  }
}
