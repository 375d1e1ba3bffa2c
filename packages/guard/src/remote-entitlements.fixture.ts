// The entitlements of a remote guard in front of a server in memory, and what the tests of them ask for.
import type { VerifiedToken } from './claims.ts'
import { aClock, audience, clientId, issuer, organizationId, partnerId } from './guard.fixture.ts'
import { aRemoteServer } from './remote.fixture.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'

export function aSource({ freshSeconds = 5, maxAgeSeconds = 300, random = () => 0 } = {}) {
  const clock = aClock()
  const server = aRemoteServer()
  const alarms: string[] = []
  const entitlements = createRemoteEntitlements({
    issuer,
    audience,
    fetch: server.fetch,
    freshSeconds,
    maxAgeSeconds,
    clock: clock.steady,
    random,
    onError: (error) => alarms.push(error.message),
  })
  /** By a client of the organization, and a partner that the decision is about. */
  const find = async (client: string = clientId, partner?: string, organization: string | undefined = organizationId) =>
    entitlements.find({ clientId: client, organizationId: organization } as VerifiedToken, partner ? { partnerId: partner } : undefined)
  let before = 0
  /** The requests since the last call. */
  const requests = () => {
    const since = server.requests.slice(before)
    before = server.requests.length
    return since.map(({ url }) => url.slice(`${issuer}/v1/`.length))
  }
  return { alarms, clock, server, realm: server.realm, find, requests }
}

/** The organization has more partners than its document lists. */
export function aLargeOrganization(options: Parameters<typeof aSource>[0] = {}) {
  const source = aSource(options)
  source.realm.partnerIds = [partnerId]
  source.realm.organization = { partners: { total: 50_000 } }
  return source
}

export const down = () => new Response(null, { status: 503 })
export const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
export const anId = (index: number) => `5f0d2c4e-8a61-4c37-b7d9-${String(index).padStart(12, '0')}`
export const names = (count: number) => Array.from({ length: count }, (_, index) => `client-${index}`)
export const ofClient = `entitlement?client_id=${clientId}`
