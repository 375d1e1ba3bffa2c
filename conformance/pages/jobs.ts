// The main jobs of the console, as data and as what the server says of them afterwards.
import type { AdminClient } from '@countersign/admin'
import { createTokenProvider } from '@countersign/client'
import { until, type OpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }

/** What is known of an organization that was onboarded. */
export async function onboarded(admin: AdminClient, organization: string) {
  const ofOrganization = { ...params, organization }
  const [{ items: partners }, { items: accepted }, { items: clients }] = await Promise.all([
    admin.call('partners.ofOrganization', { params: ofOrganization }),
    admin.call('dpa.acceptances', { params: ofOrganization }),
    admin.call('clients.list', { params, query: { organization } }),
  ])
  return {
    partners: partners.map(({ name }) => name),
    acceptedBy: accepted.map(({ acceptedBy }) => acceptedBy),
    clients: clients.map(({ clientId }) => clientId),
  }
}

/** The status of a token request. */
export async function tokenStatus({ demo }: OpenedPages, clientId: string, clientSecret: string): Promise<number> {
  const response = await fetch(demo.systems['novatrade24']!.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
  })
  await response.body?.cancel()
  return response.status
}

/** A client of its own for a test, with one secret. */
export async function aClient(admin: AdminClient, clientId: string) {
  const body = { organization: 'acme', clientId, name: `Backend ${clientId}`, scopes: ['profile'] }
  const { clientSecret } = await admin.call('clients.create', { params, body })
  return { secret: clientSecret!, read: () => admin.call('clients.get', { params: { ...params, client: clientId } }) }
}

export interface RefusedCall {
  readonly requestId: string
  readonly partner: { readonly id: string; readonly name: string }
}

/** An operator withdraws a partner of Acme, whose next call for it is refused by the API and reported. */
export async function refuseCallOfAcme({ admin, demo }: OpenedPages, reason: string): Promise<RefusedCall> {
  const { tokenUrl, apiUrl, clients } = demo.systems['novatrade24']!
  const ofAcme = { ...params, organization: 'acme' }
  const [partner] = (await admin.call('partners.ofOrganization', { params: ofAcme })).items
  const { clientId, clientSecret } = clients['acme']!
  const token = await createTokenProvider({ tokenUrl, clientId, clientSecret }).getToken()
  await admin.call('partners.withdraw', { params: { ...ofAcme, partner: partner!.id }, body: { reason } })
  const requestId = await until('the API refuses the partner', async () => {
    const response = await fetch(`${apiUrl}/v1/partners/${partner!.id}/orders`, { headers: { authorization: `Bearer ${token}` } })
    await response.body?.cancel()
    return response.status === 403 ? response.headers.get('x-request-id')! : undefined
  })
  await until('the refusal is reported', () => admin.call('requests.explain', { params: { request: requestId } }).catch(() => undefined))
  return { requestId, partner: partner! }
}
