// The events of a filled audit log: 97 % tokens, 2.5 % refusals and 0.5 % changes, of 2,000 clients in 500 organizations. A few clients
// have most of the tokens.
import type { AuditEvent, ChangeEvent } from '../../src/audit/events/audit-event.ts'

export type FilledEvent = (AuditEvent | ChangeEvent) & { readonly sort: 'token' | 'refusal' | 'change' }

const realm = 'partners'
const operators = Array.from({ length: 10 }, (_, i) => `operator-${i}`)
const organizations = Array.from({ length: 500 }, (_, i) => uuidOf(i))
const clients = Array.from({ length: 2000 }, (_, i) => `api-client-${i}`)
const secrets = clients.map((_, i) => uuidOf(10_000 + i))
const keyId = 'Uf8mIzdO7hwQb3xGJ9kq1tYxkV2v0PpQ0aZc5Yd1nLs'

export const filledSubjects = { operators, organizations, clients }

export function eventOf(i: number, requestId: string): FilledEvent {
  // The larger the part after the point, the rarer the client.
  const client = Math.floor(clients.length * ((i * 0.618_033_988_75) % 1) ** 3)
  const facts = { realm, organizationId: organizations[client % organizations.length], clientId: clients[client], requestId }
  const address = `198.51.100.${i % 250}`
  const place = i % 1000
  if (place % 40 === 7) return { sort: 'refusal', ...facts, address, ...refusalOf(i) }
  if (place % 200 === 11) return { sort: 'change', ...facts, ...changeOf(i) }
  return {
    sort: 'token',
    kind: 'token.request',
    outcome: 'success',
    ...facts,
    address,
    detail: { secretId: secrets[client], tokenId: uuidOf(i), scope: 'orders:read orders:write', keyId, expiresAt: 1_800_000_000 },
  } as FilledEvent
}

function refusalOf(i: number): AuditEvent {
  if (i % 80 === 7)
    return { kind: 'request', outcome: 'refused', reason: 'http-403', detail: { method: 'GET', route: '/realms/partners/v1/me' } }
  return { kind: 'token.request', outcome: 'refused', reason: i % 3 === 0 ? 'expired-secret' : 'wrong-secret' }
}

function changeOf(i: number): ChangeEvent {
  const id = operators[Math.floor(i / 200) % operators.length]!
  const made = {
    outcome: 'success',
    address: '192.0.2.10',
    actor: { kind: 'operator', id, realm: 'operators', via: 'api' },
    ...(i % 800 === 11 && { callerRequestId: `job-${i}` }),
  } as const
  const by = { realm: 'operators', client: id }
  switch (Math.floor(i / 200) % 4) {
    case 0:
      return { kind: 'clients.update', ...made, detail: { scopes: ['orders:read'], by } }
    case 1:
      return { kind: 'capabilities.set', ...made, detail: { capability: 'tier', value: 'standard', by } }
    case 2:
      return { kind: 'organizations.suspend', ...made, detail: { before: 'active', status: 'suspended', reason: 'unpaid', by } }
    default:
      return { kind: 'partners.authorize', ...made, detail: { partner: uuidOf(i % 5000), by } }
  }
}

function uuidOf(i: number): string {
  return `0198c0de-0000-4000-8000-${i.toString(16).padStart(12, '0')}`
}
