// Which kind of endpoint a route is, and of which realm: what requests are counted and logged by, instead of by their path.
import type { Realm } from '../configuration/configuration.ts'
import { realmPaths } from '../discovery/discovery.ts'

export const endpointKinds = [
  'token',
  'introspection',
  'revocation',
  'discovery',
  'me',
  'entitlement',
  'admin',
  'problem-page',
  'probe',
  'other',
] as const
export type EndpointKind = (typeof endpointKinds)[number]

export interface Endpoint {
  readonly kind: EndpointKind
  readonly realm?: string
}

/** Returns what tells the endpoint of a route by its pattern, such as "/v1/clients/:clientId/entitlement". */
export function createEndpointFinder(realms: ReadonlyMap<string, Realm>): (route: string) => Endpoint {
  const exact = new Map<string, Endpoint>([
    ['/livez', { kind: 'probe' }],
    ['/readyz', { kind: 'probe' }],
  ])
  for (const realm of realms.values()) {
    const paths = realmPaths(realm)
    const add = (path: string, kind: EndpointKind) => exact.set(path, { kind, realm: realm.name })
    add(realm.tokenPath, 'token')
    add(paths.introspection, 'introspection')
    add(paths.revocation, 'revocation')
    for (const path of [paths.keys, paths.openidConfiguration, paths.serverMetadata]) add(path, 'discovery')
  }
  // The realm at the root last: every path begins with its own.
  const byDepth = [...realms.values()].toSorted((a, b) => b.issuerPath.length - a.issuerPath.length)

  return (route) => {
    const known = exact.get(route)
    if (known) return known
    if (route === '/problems' || route.startsWith('/problems/')) return { kind: 'problem-page' }
    if (route.startsWith('/admin/')) return { kind: 'admin' }
    if (route === '/v1/me' || route.startsWith('/v1/me/')) return { kind: 'me' }
    const realm = byDepth.find(({ issuerPath }) => route.startsWith(`${issuerPath}/v1/`))
    if (!realm) return { kind: 'other' }
    const rest = route.slice(`${realm.issuerPath}/v1`.length)
    if (rest === '/me' || rest.startsWith('/me/')) return { kind: 'me', realm: realm.name }
    return { kind: rest.endsWith('/entitlement') ? 'entitlement' : 'other', realm: realm.name }
  }
}
