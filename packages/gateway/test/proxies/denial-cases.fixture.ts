// Requests that the gateway denies, one for each kind of response: what a caller gets through a proxy is compared with what the gateway says.
import { foreignPartnerId } from '@countersign/guard/guard.fixture'
import type { Sent } from './send-request.fixture.ts'
import { awayClient, awayOrganizationId, limitedClient, limitedOrganizationId, ordersPath, type Stack } from './stack.fixture.ts'

export interface DenialCase {
  /** As in the table of docs/gateway.md. */
  readonly name: string
  readonly status: number
  readonly code: string
  readonly sent: (stack: Stack) => Sent
}

const bearer = (token: string) => ['Authorization', `Bearer ${token}`]

export const denialCases: readonly DenialCase[] = [
  { name: 'no token', status: 401, code: 'missing-token', sent: () => ({ path: ordersPath }) },
  {
    name: 'malformed credentials',
    status: 401,
    code: 'malformed-authorization',
    sent: () => ({ path: ordersPath, headers: ['Authorization', 'Basic YTpi'] }),
  },
  { name: 'invalid token', status: 401, code: 'invalid-token', sent: () => ({ path: ordersPath, headers: bearer('e30.e30.e30') }) },
  {
    name: 'expired token',
    status: 401,
    code: 'expired-token',
    sent: (stack) => ({ path: ordersPath, headers: bearer(stack.token({ iat: 1_700_000_000, exp: 1_700_000_300 })) }),
  },
  {
    name: 'two tokens',
    status: 400,
    code: 'several-tokens',
    sent: (stack) => ({ path: ordersPath, headers: [...bearer(stack.token()), ...bearer(stack.token())] }),
  },
  {
    name: 'a list of tokens',
    status: 400,
    code: 'several-tokens',
    sent: (stack) => ({ path: ordersPath, headers: ['Authorization', `Bearer ${stack.token()}, Bearer ${stack.token()}`] }),
  },
  {
    name: 'scope',
    status: 403,
    code: 'insufficient-scope',
    sent: (stack) => ({ path: '/v1/payouts', headers: bearer(stack.token({ scope: 'orders:read' })) }),
  },
  {
    name: 'partner',
    status: 403,
    code: 'partner-not-authorized',
    sent: (stack) => ({ path: `/v1/partners/${foreignPartnerId}/orders`, headers: bearer(stack.token()) }),
  },
  {
    name: 'requestor',
    status: 400,
    code: 'requestor-id-missing',
    sent: (stack) => ({ method: 'POST', path: '/v1/payments', headers: bearer(stack.token()), body: '{"amount":1}' }),
  },
  { name: 'route', status: 403, code: 'route-not-permitted', sent: (stack) => ({ path: '/v1/other', headers: bearer(stack.token()) }) },
  {
    name: 'rate',
    status: 429,
    code: 'rate-limited',
    sent: (stack) => ({
      path: ordersPath,
      headers: bearer(stack.token({ client_id: limitedClient, azp: limitedClient, organization_id: limitedOrganizationId })),
    }),
  },
  {
    name: 'not decided',
    status: 503,
    code: 'temporarily-unavailable',
    sent: (stack) => ({
      path: ordersPath,
      headers: bearer(stack.token({ client_id: awayClient, azp: awayClient, organization_id: awayOrganizationId })),
    }),
  },
]
