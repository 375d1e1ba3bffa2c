// A gateway in memory: a table of routes in front of a realm of the guard's tests, and what it tells of its decisions.
import { aRealm } from '@countersign/guard/guard.fixture'
import { createDecider, type AskedRequest, type Decided, type DeciderOptions, type GatewayVerdict } from './decide-request.ts'
import { readRoutes, type RouteSettings } from './route-settings.ts'
import { createRouteTable } from './route-table.ts'

export { foreignPartnerId, organizationId, partnerId, requestorId } from '@countersign/guard/guard.fixture'

export const someRoutes: readonly RouteSettings[] = [
  { path: '/v1/partners/{sellerId}/**', methods: ['GET', 'POST'], requires: { partner: 'sellerId' } },
  { path: '/v1/orders', methods: ['GET', 'DELETE'], requires: { scope: 'orders:read' } },
  { path: '/v1/payments', methods: ['POST'], requires: { requestor: { permission: 'payments:create' } } },
  { path: '/v1/me', methods: ['GET'], requires: { dpa: 'any', organization: 'any' } },
  { path: '/docs/**', methods: ['GET'], public: true },
]

export interface TestGateway extends ReturnType<typeof aRealm> {
  /** Asks with a valid token, unless `headers` has an Authorization. */
  ask(method: string, target: string, headers?: readonly string[]): Promise<GatewayVerdict>
  decide(asked: AskedRequest): Promise<GatewayVerdict>
  /** Oldest first. */
  readonly decided: readonly Decided[]
}

type Changes = Partial<Omit<DeciderOptions, 'routes' | 'guard'>> & {
  readonly routes?: readonly RouteSettings[]
  readonly guard?: Parameters<typeof aRealm>[0]
}

export function aGateway({ routes = someRoutes, guard: guardOptions = {}, ...options }: Changes = {}): TestGateway {
  const realm = aRealm(guardOptions)
  const table = createRouteTable(readRoutes(routes).routes)
  const decided: Decided[] = []
  let number = 0
  const decide = createDecider({
    guard: realm.guard,
    routes: () => table,
    prefix: 'x-auth-',
    partnerHeader: 'x-partner-id',
    allowsPreflights: false,
    sign: undefined,
    nextRequestId: () => `00000000000a-0000000b-${(++number).toString(16).padStart(8, '0')}`,
    onDecided: (each) => decided.push(each),
    ...options,
  })
  const token = realm.token()
  return {
    ...realm,
    decide,
    decided,
    ask(method, target, headers = []) {
      const names = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
      const credentials = names.includes('authorization') ? [] : ['Authorization', `Bearer ${token}`]
      return decide({ method, target, rawHeaders: ['Host', 'api.example.com', ...credentials, ...headers] })
    },
  }
}

/** The code of the problem of a denial. */
export function problemOf({ body }: GatewayVerdict): string {
  return body === '' ? '' : ((JSON.parse(body) as { type: string }).type.split('/').at(-1) ?? '')
}
