// What an organization asks for itself, and what happened to it. A session of a client sees nothing of other clients, and no name of a person.
import { withdrawRequest } from '../access-requests/answer-request.ts'
import { theProvider } from '../access-requests/access-request.ts'
import { askForAccess } from '../access-requests/ask-for-access.ts'
import { listRequestsOfOrganization } from '../access-requests/list-requests.ts'
import { makeRequestedClient } from '../access-requests/make-client.ts'
import { readActivity } from '../activity/read-activity.ts'
import { readAndDescribeClient } from '../clients/describe-client.ts'
import { ProblemError } from '../errors.ts'
import { findOwnClient } from '../me/own-client.ts'
import type { OwnHandlers } from '../operators/operation-mount.ts'
import type { OwnContext } from './own-context.ts'
import { ownPlaceOf } from './own-place.ts'

export function ownRequests({ realms, db, backgroundPool, pepper }: OwnContext) {
  return {
    'accessRequests.create': ({ body }, access, change) => {
      const { realm, organizationId, person } = ownPlaceOf(realms, access)
      return askForAccess(change, realm, organizationId, { ...body, askedBy: person?.name ?? access.operator.clientId, isClient: !person })
    },
    'accessRequests.ofOrganization': async ({ query }, access) => {
      const { organizationId, person } = ownPlaceOf(realms, access)
      if (person) return listRequestsOfOrganization(db, organizationId, query)
      const { clientId } = access.operator
      const { items, next } = await listRequestsOfOrganization(db, organizationId, query, clientId)
      const isTold = ({ askedBy }: { readonly askedBy: string }) => askedBy === clientId || askedBy === theProvider
      return { items: items.map((item) => (isTold(item) ? item : Object.assign(item, { askedBy: 'a colleague' }))), next }
    },
    'accessRequests.withdraw': ({ params }, access, change) => {
      const { realm, organizationId, person } = ownPlaceOf(realms, access)
      const place = { ...params, organization: organizationId }
      return withdrawRequest(change, realm, place, person ? undefined : access.operator.clientId)
    },
    'accessRequests.makeClient': async ({ params }, access, change) => {
      const { realm, organizationId, person } = ownPlaceOf(realms, access)
      // The secret of one client must not become that of another, which would outlive it.
      if (!person)
        throw new ProblemError('insufficient-scope', {
          detail: 'A session of a client is for that client alone, so it creates no other one.',
          remedy: 'Sign in as a person of the organization. The provider sends an invitation.',
        })
      const { clientId, clientSecret } = await makeRequestedClient(change, realm, pepper, { ...params, organization: organizationId })
      return { ...(await readAndDescribeClient(change.db, realm, clientId)), clientSecret }
    },
    'activity.list': async ({ query }, access) => {
      const { realm, organizationId, person } = ownPlaceOf(realms, access)
      const place = { realm: realm.name, organizationId }
      if (person) return readActivity(backgroundPool, place, { kind: 'person', id: person.id }, query)
      const { clientId } = access.operator
      const createdAt = (await findOwnClient(db, realm.name, clientId))?.createdAt ?? Infinity
      return readActivity(backgroundPool, place, { kind: 'client', clientId, createdAt }, query)
    },
  } satisfies OwnHandlers
}
