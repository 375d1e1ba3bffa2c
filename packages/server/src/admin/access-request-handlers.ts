// Operations on access requests, for operators.
import { theProvider } from '../access-requests/access-request.ts'
import { approveRequest, declineRequest, withdrawRequest } from '../access-requests/answer-request.ts'
import { askForAccess } from '../access-requests/ask-for-access.ts'
import { listRequests, listRequestsOfOrganization } from '../access-requests/list-requests.ts'
import { makeRequestedClient } from '../access-requests/make-client.ts'
import { readAndDescribeClient } from '../clients/describe-client.ts'
import { requireFurtherScope } from '../operators/operator-authority.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function accessRequestHandlers({ realms, db, pepper }: AdminContext) {
  return {
    'accessRequests.create': ({ params, body }, change) =>
      askForAccess(change, getRealm(realms, params.realm), params.organization, { ...body, askedBy: theProvider }),
    'accessRequests.list': async ({ params, query: { state, organization, ...page } }) => {
      const realm = getRealm(realms, params.realm)
      const organizationId = organization === undefined ? undefined : await getOrganizationId(db, realm, organization)
      return listRequests(db, realm, { state, organizationId }, page)
    },
    'accessRequests.ofOrganization': async ({ params, query }) =>
      listRequestsOfOrganization(db, await getOrganizationId(db, getRealm(realms, params.realm), params.organization), query),
    'accessRequests.approve': ({ params, body }, change, by) =>
      approveRequest(change, getRealm(realms, params.realm), params, body, (scope) => requireFurtherScope(by, scope)),
    'accessRequests.decline': ({ params, body }, change) => declineRequest(change, getRealm(realms, params.realm), params, body.answer),
    'accessRequests.withdraw': ({ params }, change) => withdrawRequest(change, getRealm(realms, params.realm), params),
    'accessRequests.makeClient': async ({ params }, change) => {
      const realm = getRealm(realms, params.realm)
      const { clientId, clientSecret } = await makeRequestedClient(change, realm, pepper, params)
      return { ...(await readAndDescribeClient(change.db, realm, clientId)), clientSecret }
    },
  } satisfies Partial<AdminHandlers>
}
