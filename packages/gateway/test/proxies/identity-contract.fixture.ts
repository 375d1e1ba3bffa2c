// Who is calling, as the API sees it: what the gateway says, and nothing that the caller sent under those names.
import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { clientId, organizationId, partnerId } from '@countersign/guard/guard.fixture'
import { identityNames } from '../../src/identity-headers.ts'
import { joined } from './send-request.fixture.ts'
import { only, type Setting } from './setting.fixture.ts'
import { ordersPath, type SeenRequest, type Stack } from './stack.fixture.ts'

export async function testAllowed({ stack, fidelity, call, authorized }: Setting): Promise<void> {
  const { status, headers, body } = await call(authorized({ path: `${ordersPath}?from=2026-01-01&to=a%20b` }))
  assert.deepEqual([status, body], [200, '{"orders":[]}'])
  const seen = only(stack.takeSeen())
  assert.equal(seen.url, `${ordersPath}?from=2026-01-01&to=a%20b`)
  const identity = joined(seen.rawHeaders)
  const expected = { 'client-id': clientId, 'organization-id': organizationId, organization: 'acme', 'partner-id': partnerId }
  for (const [name, value] of Object.entries({ ...expected, scope: 'orders:read orders:write', 'token-id': 'token-1' }))
    assert.equal(identity[`x-auth-${name}`], value, name)
  assert.equal(identity['x-auth-route'], '/v1/partners/{sellerId}/orders')
  assert.match(identity['x-request-id'] ?? '', /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  assert.equal(identity['host'], 'api.example.com')
  assert.deepEqual(readSignature(stack, identity['x-auth-signature'] ?? ''), {
    htm: 'GET',
    htu: ordersPath,
    client_id: clientId,
    jti: identity['x-request-id'],
  })
  fidelity.passed.emptyHeader = identity['x-auth-requestor-id'] === '' ? 'empty' : 'left out'
  assert.equal(identity['x-auth-requestor-id'] ?? '', '')
  fidelity.passed.requestId = headers['x-request-id'] === identity['x-request-id']
  fidelity.passed.rateFields =
    headers['ratelimit-policy'] === '"standard";q=1000000;w=60' && /^"standard";r=\d+;t=\d+$/.test(headers['ratelimit'] ?? '')
}

function readSignature({ gatewayKey }: Stack, signature: string) {
  const [header, payload = '', signed = ''] = signature.split('.')
  assert.ok(verify(null, Buffer.from(`${header}.${payload}`), gatewayKey, Buffer.from(signed, 'base64url')))
  const { htm, htu, client_id, jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  return { htm, htu, client_id, jti }
}

const spellings = ['X-Auth-Client-Id', 'x-auth-client-id', 'X_Auth_Client_Id', 'X.Auth.Client.Id', 'X-Auth_Client.Id', 'x~auth~client~id']

/** What a caller says of a proxy before this one. */
const ofEarlierProxies = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Uri', 'X-Forwarded-Method', 'Forwarded', 'X-Real-Ip'].map(
  (name) => [name, 'forged'] as const,
)

export async function testSpellings({ stack, fidelity, call, authorized }: Setting): Promise<void> {
  for (const spelling of spellings) {
    const { status } = await call(authorized({ headers: [spelling, 'forged'] }))
    const seen = stack.takeSeen()
    fidelity.spellings[spelling] = describeOutcome(status, seen, spelling)
  }
  const listed: readonly (readonly string[])[] = [
    ['Connection', 'X-Auth-Client-Id'],
    ['Connection', 'close, x-auth-client-id, X-Auth-Organization-Id, x-auth-route'],
    ['Connection', 'X-Auth-Client-Id', 'X-Auth-Client-Id', 'forged'],
    ['X-Auth-Client-Id', 'forged', 'x-auth-client-id', 'forged too'],
    identityNames.flatMap((name) => [`X-Auth-${name}`, 'forged']),
    ['X-Request-Id', 'forged'],
    ...ofEarlierProxies,
  ]
  for (const headers of listed) {
    const { status } = await call(authorized({ headers }))
    describeOutcome(status, stack.takeSeen(), headers.join(' '))
  }
}

function describeOutcome(status: number, seen: readonly SeenRequest[], what: string): 'replaced' | 'removed' | 'refused' {
  if (status === 400) {
    assert.equal(seen.length, 0, what)
    return 'refused'
  }
  assert.equal(status, 200, what)
  const { rawHeaders } = only(seen)
  const named = rawHeaders.flatMap((name, at) => (at % 2 === 0 && asVariable(name) === 'x_auth_client_id' ? [rawHeaders[at + 1]] : []))
  assert.deepEqual(named, [clientId], what)
  assert.doesNotMatch(rawHeaders.join('\n'), /forged/, what)
  // The API, or a proxy in front of it, would drop what is listed.
  assert.ok(!/auth/i.test(joined(rawHeaders)['connection'] ?? ''), what)
  for (const name of ['x-auth-organization-id', 'x-auth-route']) assert.ok(joined(rawHeaders)[name], `${what}: ${name}`)
  return asVariable(what) === 'x_auth_client_id' && /^[\w-]+$/.test(what) && !what.includes('_') ? 'replaced' : 'removed'
}

function asVariable(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '_')
}

export async function testPublicRoute({ stack, call }: Setting): Promise<void> {
  const forged = identityNames.flatMap((name) => [`X-Auth-${name}`, 'forged'])
  assert.equal((await call({ path: '/health', headers: forged })).status, 200)
  const { rawHeaders } = only(stack.takeSeen())
  assert.ok(!rawHeaders.includes('forged'))
  assert.equal(joined(rawHeaders)['x-auth-route'], '/health')
}
