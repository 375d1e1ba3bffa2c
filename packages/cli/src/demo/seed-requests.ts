// Two access requests that are open, asked in the portal as integrators do.
import type { OperationInput } from '@countersign/admin'
import type { DemoClient } from '../home.ts'

type Asked = OperationInput<'accessRequests.create'>['body']

export async function seedRequests(serverUrl: string, realm: string, clients: Readonly<Record<string, DemoClient>>): Promise<void> {
  await ask(serverUrl, realm, 'borealis', clients['borealis']!, {
    kind: 'capability',
    what: 'allowMarketplaceLedKyc',
    note: 'Our first marketplace sellers start in spring',
  })
  await ask(serverUrl, realm, 'acme', clients['acme']!, {
    kind: 'client',
    what: 'Returns service',
    note: 'A backend of its own, run by another team',
  })
}

async function ask(serverUrl: string, realm: string, organization: string, client: DemoClient, asked: Asked): Promise<void> {
  const { clientId, clientSecret } = client
  const signedIn = await send(`${serverUrl}/portal/api/session`, 'POST', { realm, clientId, clientSecret })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0]!)
    .join('; ')
  const requests = `${serverUrl}/portal/api/v1/realms/${realm}/organizations/${organization}/access-requests`
  await send(requests, 'POST', asked, cookie)
  await send(`${serverUrl}/portal/api/session`, 'DELETE', undefined, cookie)

  async function send(url: string, method: string, body: object | undefined, sent = '') {
    const response = await fetch(url, {
      method,
      headers: { origin: serverUrl, ...(body && { 'content-type': 'application/json' }), ...(sent !== '' && { cookie: sent }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new TypeError(`The demo could not ask: ${method} ${url} answered ${response.status}`)
    return response
  }
}
