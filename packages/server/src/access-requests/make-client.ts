// The client of an approved request, made by the integrator, who is the only one to see its secret.
import { operations, type CheckedInput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { clientIdsOf, findFreeClientId } from '../clients/choose-client-id.ts'
import { createClient } from '../clients/clients.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { findOrganization } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { detailOf, findAccessRequest } from './access-request.ts'
import { stepOf } from './answer-request.ts'

export async function makeRequestedClient(
  change: Change<'accessRequests.makeClient'>,
  realm: Realm,
  pepper: KeyRing,
  { organization: key, accessRequest }: CheckedInput<'accessRequests.makeClient'>['params'],
): Promise<{ clientId: string; clientSecret: string | null }> {
  const organization = await findOrganization(change, realm, key)
  const request = await findAccessRequest(change, organization.id, accessRequest)
  if (request.kind !== 'client' || request.state !== 'approved')
    throw new ProblemError('conflict', {
      detail:
        request.state === 'done'
          ? 'The client of this request was created already.'
          : 'The access request is not an approved request for a client.',
    })
  const clientId = await chooseFreeId(change, realm, organization.slug, request.what)
  const client_id = clientId ?? null
  change.record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: detailOf({ ...request, client_id }),
  })
  const body = operations['clients.create'].body.parse({ organization: organization.id, name: request.what, clientId })
  const made = await createClient(stepOf(change, 'clients.create', request.id), realm, pepper, body)
  await change.db.updateTable('access_requests').set({ state: 'done', client_id: made.clientId }).where('id', '=', request.id).execute()
  return made
}

/** "api-client-acme-order-backend", then with a number. Undefined where the server makes ids up. */
async function chooseFreeId(change: Change, realm: Realm, slug: string, name: string): Promise<string | undefined> {
  if (clientIdsOf(realm) === 'generated') return undefined
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
    ?.join('-')
    .slice(0, 40)
    .replace(/-$/, '')
  return findFreeClientId(change, realm, `api-client-${slug}${words ? `-${words}` : ''}`)
}
