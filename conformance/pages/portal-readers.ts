// Who reads the portal: a client with data and a refused call, and one that did nothing yet.
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContext } from 'playwright-core'
import { createTokenProvider, withBearer } from '@countersign/client'
import { joinPortal, type Role } from './people.ts'
import { fullRealm, type Operator, type ServedPages } from './served-pages.ts'

export interface PortalReaders {
  readonly integrator: Operator
  /** Its organization may do nothing, and accepted nothing. */
  readonly newcomer: Operator
  /** A request of the integrator that a guard refused. */
  readonly refusedRequest: string
}

/** Cookies with the sessions of people of Acme, which has two clients then. */
export interface PortalPeople {
  readonly admin: readonly Cookie[]
  readonly viewer: readonly Cookie[]
}

type Cookie = Awaited<ReturnType<BrowserContext['cookies']>>[number]

const seenWithinMs = 15_000

export async function findPortalReaders({ demo, admin }: Pick<ServedPages, 'demo' | 'admin'>): Promise<PortalReaders> {
  const { issuer, apiUrl, clients } = demo.systems['novatrade24']!
  const { clientId, clientSecret } = clients['acme']!
  const params = { realm: fullRealm }
  await admin.call('organizations.create', { params, body: { slug: 'newcomer', name: 'Newcomer' } })
  const created = await admin.call('clients.create', { params, body: { organization: 'newcomer', clientId: 'newcomer', name: 'Newcomer' } })

  const origins = [new URL(apiUrl).origin, new URL(issuer).origin]
  const ask = withBearer(fetch, createTokenProvider({ issuer, clientId, clientSecret }), { origins })
  const refused = await ask(`${apiUrl}/v1/partners/${clients['borealis']!.partnerIds[0]}/orders`)
  await refused.body?.cancel()
  const refusedRequest = refused.headers.get('x-request-id')
  if (refused.status !== 403 || refusedRequest === null)
    throw new Error(`A call for the partner of another was answered with ${refused.status}`)
  const isReported = async () => {
    const response = await ask(`${issuer}/v1/me/refusals?request=${refusedRequest}`)
    return ((await response.json()) as { readonly items: readonly unknown[] }).items.length > 0
  }
  for (const end = Date.now() + seenWithinMs; !(await isReported()); await pause(250))
    if (Date.now() > end) throw new Error(`The refusal of "${refusedRequest}" was not reported`)
  return {
    integrator: { realm: fullRealm, clientId, clientSecret },
    newcomer: { realm: fullRealm, clientId: 'newcomer', clientSecret: created.clientSecret! },
    refusedRequest,
  }
}

export async function findPortalPeople(browser: Browser, served: Pick<ServedPages, 'admin' | 'origin'>): Promise<PortalPeople> {
  await served.admin.call('clients.create', {
    params: { realm: fullRealm },
    body: { organization: 'acme', clientId: 'api-client-acme-kyc', name: 'KYC worker' },
  })
  const join = async (role: Role, name: string): Promise<Cookie[]> => {
    const context = await browser.newContext()
    await joinPortal(served, await context.newPage(), { organization: 'acme', role, name })
    const cookies = await context.cookies()
    await context.close()
    return cookies
  }
  return { admin: await join('admin', 'Mia Wong'), viewer: await join('viewer', 'Noor Haddad') }
}
