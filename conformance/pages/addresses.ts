// The address of each page, with the members of its path filled in from the data of the demo.
import type { AdminClient } from '@countersign/admin'
import { routes } from '@countersign/web/console/routes.ts'
import { routes as routesOfPortal } from '@countersign/web/portal/routes.ts'
import type { PortalReaders } from './portal-readers.ts'
import { emptyRealm, fullRealm } from './served-pages.ts'

export interface PageAddress {
  /** The path of the page in the list, such as `/:realm/partners`. */
  readonly route: string
  readonly full: string
  /** Undefined if the page is about a resource that must exist. */
  readonly empty: string | undefined
}

/** Of the console. @param request one that was refused @throws Error for a member of a path that this file does not know: add it here */
export async function addressesOf(admin: AdminClient, request = 'unknown-request'): Promise<PageAddress[]> {
  const params = { realm: fullRealm }
  const partners = await admin.call('partners.list', { params, query: { limit: 1 } })
  const members: Readonly<Record<string, string>> = {
    realm: fullRealm,
    organization: 'acme',
    client: 'api-client-acme',
    partner: partners.items[0]!.id,
    request,
  }
  return routes.map(({ path }) => {
    const isOfRealmOnly = namesIn(path).every((name) => name === 'realm')
    return {
      route: path,
      full: fill('/console', path, members),
      empty: isOfRealmOnly ? fill('/console', path, { ...members, realm: emptyRealm }) : undefined,
    }
  })
}

/** Of the portal; the empty ones are for the newcomer, which has no refusal. */
export function addressesOfPortal({ integrator, newcomer, refusedRequest }: PortalReaders): PageAddress[] {
  return routesOfPortal.map(({ path }) => ({
    route: `/portal${path === '/' ? '' : path}`,
    full: fill('/portal', path, { client: integrator.clientId, request: refusedRequest }),
    empty: namesIn(path).includes('request') ? undefined : fill('/portal', path, { client: newcomer.clientId }),
  }))
}

/** What the portal shows without a session. @param invitation a link that is open */
export function addressesWithoutSession(invitation: string): PageAddress[] {
  const { pathname, hash } = new URL(invitation)
  return [
    { route: '/portal/sign-in', full: '/portal/sign-in', empty: undefined },
    // Without an invitation, and with one that has ended.
    { route: pathname, full: pathname + hash, empty: pathname },
    { route: `${pathname} that has ended`, full: `${pathname}#${'x'.repeat(43)}`, empty: undefined },
  ]
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
}

function fill(mount: string, path: string, values: Readonly<Record<string, string>>): string {
  for (const name of namesIn(path)) if (values[name] === undefined) throw new Error(`"${path}": which "${name}" is to be shown?`)
  return mount + (path === '/' ? '' : path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name]!)))
}
