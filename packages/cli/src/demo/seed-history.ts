// Two days of usage, and rotations in three states, so that the first screen of the console shows what it is for. The organizations of
// this file call nothing: their secrets are in no file, and what they did is made up.
import type { AdminClient, OperationOutput } from '@countersign/admin'
import type { CountersignServer, PastUsage } from '@countersign/server'
import type { DemoState } from '../home.ts'

const hourMs = 3_600_000
const hours = 48

type Client = OperationOutput<'clients.get'>

interface PastClient {
  readonly client: Client
  /** Tokens an hour of a weekday at noon. */
  readonly tokens: number
  /** Without: nothing is allowed, so the client only requests tokens. */
  readonly route?: string
}

/** @param now milliseconds since the epoch */
export async function seedHistory(
  server: CountersignServer,
  admin: AdminClient,
  state: DemoState,
  realm: string,
  now: number,
): Promise<void> {
  const clientOf = (slug: string) =>
    admin.call('clients.get', { params: { realm, client: state.systems['novatrade24']!.clients[slug]!.clientId } })
  const past: PastClient[] = [
    { client: await clientOf('acme'), tokens: 212, route: 'GET /v1/partners/{sellerId}/orders' },
    { client: await clientOf('borealis'), tokens: 64, route: 'GET /v1/partners/{sellerId}/orders' },
    { client: await clientOf('harbor'), tokens: 120, route: 'GET /v1/me' },
    { client: await clientOf('cobalt'), tokens: 41 },
  ]
  const counts = past.flatMap((one) => countsOf(one, now))
  const issuedBy = (secret: string) =>
    counts.filter(({ what, subject }) => what === 'token' && subject === secret).reduce((sum, { count }) => sum + count, 0)
  const uses = past.map(({ client }) =>
    useOf(client, 0, '198.51.100.7', 'countersign-client/0.1', now - hours * hourMs, now - 12_000, issuedBy(client.secrets[0]!.id)),
  )
  for (const rotating of rotations) {
    const client = await seedRotation(admin, realm, rotating)
    const [fresh, old] = client.secrets
    for (const [secret, hoursAgo, tokens] of rotating.lanes)
      counts.push(...laneOf(client, (secret === 'new' ? fresh : old)!.id, hoursAgo, tokens, now))
    for (const [secret, address, program, firstHoursAgo, lastMinutesAgo, percent] of rotating.uses) {
      const index = secret === 'new' ? 0 : 1
      const count = Math.max(1, Math.round((issuedBy(client.secrets[index]!.id) * percent) / 100))
      uses.push(useOf(client, index, address, program, now - firstHoursAgo * hourMs, now - lastMinutesAgo * 60_000, count))
    }
  }
  await server.addPastUsage({ counts, uses })
}

interface Rotating {
  readonly slug: string
  readonly name: string
  readonly partner: string
  /** Seconds. */
  readonly window: number
  readonly lanes: readonly PastLane[]
  readonly uses: readonly PastUse[]
}

type Which = 'new' | 'old'

/** Tokens an hour of a weekday at noon. */
type PastLane = readonly [secret: Which, hoursAgo: readonly [from: number, to: number], tokens: number]

type PastUse = readonly [secret: Which, address: string, program: string, firstHoursAgo: number, lastMinutesAgo: number, percent: number]

const rotations: readonly Rotating[] = [
  {
    // The old secret can be ended.
    slug: 'iris',
    name: 'Iris Flowers',
    partner: 'Juniper Crafts',
    window: 4 * 86_400,
    lanes: [
      ['old', [48, 7], 190],
      ['new', [30, 0], 212],
    ],
    uses: [
      ['old', '203.0.113.40', 'axios/1.21', 48, 420, 51],
      ['new', '203.0.113.40', 'axios/1.21', 30, 3, 52],
      ['old', '203.0.113.41', 'axios/1.21', 48, 500, 48],
      ['new', '203.0.113.41', 'axios/1.21', 28, 2, 48],
      ['old', '2001:db8:9::/64', 'python-httpx/0.29', 48, 1800, 1],
    ],
  },
  {
    // The new secret was never used, and the old one ends in nine hours.
    slug: 'kestrel',
    name: 'Kestrel Trading',
    partner: 'Larch Furniture',
    window: 9 * 3600,
    lanes: [['old', [48, 0], 188]],
    uses: [
      ['old', '198.51.100.9', 'Java/21 HttpClient', 48, 1, 97],
      ['old', '198.51.100.10', 'Java/21 HttpClient', 48, 2, 3],
    ],
  },
  {
    // Under way: one address still asks with the old secret.
    slug: 'linden',
    name: 'Linden Books',
    partner: 'Maple Stationery',
    window: 6 * 86_400,
    lanes: [
      ['old', [48, 0], 3],
      ['new', [26, 0], 40],
    ],
    uses: [
      ['old', '203.0.113.77', 'Go-http-client/2.0', 48, 4, 100],
      ['new', '203.0.113.78', 'Go-http-client/2.0', 26, 1, 100],
    ],
  },
]

async function seedRotation(admin: AdminClient, realm: string, { slug, name, partner, window }: Rotating): Promise<Client> {
  await admin.call('organizations.create', { params: { realm }, body: { slug, name, capabilities: { rateLimitTier: 'standard' } } })
  await admin.call('partners.authorize', { params: { realm, organization: slug, partner: crypto.randomUUID() }, body: { name: partner } })
  await admin.call('dpa.accept', {
    params: { realm, organization: slug },
    body: { version: '2026-01', acceptedBy: `Legal department of ${slug}` },
  })
  const { client } = await admin.call('clients.create', { params: { realm }, body: { organization: slug, name: `Backend of ${slug}` } })
  const params = { realm, client: client.clientId }
  await admin.call('rotation.start', { params, body: { window, reason: 'Yearly replacement' } })
  return admin.call('clients.get', { params })
}

type Count = PastUsage['counts'][number]
type Use = PastUsage['uses'][number]

function countsOf({ client, tokens: atNoon, route }: PastClient, now: number): Count[] {
  const secret = client.secrets[0]!.id
  return Array.from({ length: hours }, (_, ago) => {
    const start = now - ago * hourMs
    const issued = Math.round(atNoon * loadAt(start))
    const tokens = issuedOf(client, secret, start, issued)
    if (route === undefined) return [tokens]
    return [tokens, { ...tokens, what: 'call' as const, subject: route, outcome: 'allowed', count: issued * 9 }]
  }).flat()
}

function laneOf(client: Client, subject: string, [from, to]: readonly [number, number], tokens: number, now: number): Count[] {
  return Array.from({ length: from - to }, (_, index) => {
    const start = now - (to + index) * hourMs
    return issuedOf(client, subject, start, Math.max(1, Math.round(tokens * loadAt(start))))
  })
}

/** In one hour, by one secret. */
function issuedOf({ realm, clientId, organization }: Client, subject: string, start: number, count: number): Count {
  return { realm, clientId, organizationId: organization.id, start, what: 'token', subject, outcome: 'issued', count }
}

/** More by day than at night: between 0.35 and 1. */
function loadAt(at: number): number {
  const hour = new Date(at).getUTCHours()
  return 0.675 - 0.325 * Math.cos(((hour - 1) / 24) * 2 * Math.PI)
}

function useOf(client: Client, index: number, address: string, userAgent: string, firstAt: number, lastAt: number, count: number): Use {
  const { id, lastFour } = client.secrets[index]!
  const { realm, clientId, organization } = client
  const credential = { id, kind: 'client_secret' as const, label: lastFour, realm, clientId, organizationId: organization.id }
  return { credential, address, userAgent, firstAt, lastAt, count }
}
