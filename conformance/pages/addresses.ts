// The address of each page, with the members of its path filled in from the data of the demo.
import type { AdminClient } from '@countersign/admin'
import { routes } from '@countersign/web/console/routes.ts'
import { emptyRealm, fullRealm } from './served-pages.ts'

export interface PageAddress {
  /** The path of the page in the list, such as `/:realm/partners`. */
  readonly route: string
  readonly full: string
  /** Undefined if the page is about a resource that must exist. */
  readonly empty: string | undefined
}

/** @throws Error for a member of a path that this file does not know: add it here */
export async function addressesOf(admin: AdminClient): Promise<PageAddress[]> {
  const params = { realm: fullRealm }
  const partners = await admin.call('partners.list', { params, query: { limit: 1 } })
  const members: Readonly<Record<string, string>> = {
    realm: fullRealm,
    organization: 'acme',
    client: 'api-client-acme',
    partner: partners.items[0]!.id,
    request: 'unknown-request',
  }
  return routes.map(({ path }) => {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
    for (const name of names) if (members[name] === undefined) throw new Error(`"${path}": which "${name}" is to be shown?`)
    const fill = (values: Readonly<Record<string, string>>) =>
      `/console${path === '/' ? '' : path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name]!))}`
    const isOfRealmOnly = names.every((name) => name === 'realm')
    return { route: path, full: fill(members), empty: isOfRealmOnly ? fill({ ...members, realm: emptyRealm }) : undefined }
  })
}
