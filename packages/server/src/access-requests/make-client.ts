// The client of an approved request, made by the integrator, who is the only one to see its secret.
import { operations, type CheckedInput } from '@countersign/admin'
import { tokenProfiles } from '@countersign/protocol'
import type { Change } from '../change/apply-change.ts'
import { createClient } from '../clients/clients.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { findOrganization } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
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

/** An organization has at most so many clients with the same name. */
const maxOfName = 100

/** "api-client-acme-order-backend", then with a number. Undefined where the server makes ids up. */
async function chooseFreeId({ db }: Change, realm: Realm, slug: string, name: string): Promise<string | undefined> {
  if (tokenProfiles[realm.tokenProfile].subject === 'client-id') return undefined
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
    ?.join('-')
    .slice(0, 40)
    .replace(/-$/, '')
  const first = `api-client-${slug}${words ? `-${words}` : ''}`
  const candidates = [first, ...Array.from({ length: maxOfName - 1 }, (_, index) => `${first}-${index + 2}`)]
  const taken = await db
    .selectFrom('clients')
    .select('client_id')
    .where('realm', '=', realm.name)
    .where('client_id', 'in', oneOf(db, candidates))
    .execute()
  const free = candidates.find((candidate) => !taken.some(({ client_id }) => client_id === candidate))
  if (free === undefined) throw new ProblemError('conflict', { detail: `The organization has ${maxOfName} clients with this name.` })
  return free
}
