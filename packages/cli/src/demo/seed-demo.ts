// Fills a new demo through the admin API, as an operator would: for each system a client for its API's guard and clients to call the
// API, among them one for every line of the troubleshooting list of seed 000 (docs/systems.md).
import { randomUUID } from 'node:crypto'
import { createAdminClient, type AdminClient, type OperationInput } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import type { SystemName } from '@countersign/examples'
import type { CountersignServer } from '@countersign/server'
import type { DemoClient, DemoCredentials, DemoState } from '../home.ts'
import { seedHistory } from './seed-history.ts'
import { seedKeyedClient } from './seed-keyed-client.ts'
import { seedRefusals } from './seed-refusals.ts'
import { seedRequests } from './seed-requests.ts'
import { agreementText } from './agreement-text.ts'

/** URLs and paths; the only part of the state that depends on the port and on the folder. */
export interface DemoUrls {
  readonly serverUrl: string
  readonly apiUrl: string
  readonly operatorTokenUrl: string
  /** The private key of the client that has one. */
  readonly keyFile: string
  readonly systems: Readonly<
    Record<SystemName, { readonly realm: string; readonly tokenUrl: string; readonly issuer: string; readonly apiUrl: string }>
  >
}

type ClientSettings = Partial<OperationInput<'clients.create'>['body']>

interface Tenant {
  readonly name: string
  readonly partners?: readonly string[]
  readonly capabilities?: Record<string, string | boolean>
  readonly dpaVersion?: string
  readonly client?: ClientSettings
}

const novatrade24Tenants: Record<string, Tenant> = {
  acme: {
    name: 'Acme',
    partners: ['Alder Retail', 'Birch Supplies'],
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpaVersion: '2026-01',
  },
  borealis: {
    name: 'Borealis (no KYC capability)',
    partners: ['Cedar Foods'],
    capabilities: { allowMarketplaceLedKyc: false, rateLimitTier: 'standard' },
    dpaVersion: '2026-01',
  },
  cobalt: {
    name: 'Cobalt (outdated DPA)',
    partners: ['Dogwood Tools'],
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpaVersion: '2025-01',
  },
  delta: { name: 'Delta (no DPA)', partners: ['Elm Books'], capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' } },
  echo: { name: 'Echo (client disabled)', partners: ['Fir Garden'], dpaVersion: '2026-01', client: { enabled: false } },
  foxtrot: {
    name: 'Foxtrot (service account off)',
    partners: ['Ginkgo Toys'],
    dpaVersion: '2026-01',
    client: { serviceAccountEnabled: false },
  },
  golf: {
    name: 'Golf (2-second tokens, trial tier)',
    partners: ['Hazel Sports'],
    capabilities: { rateLimitTier: 'trial' },
    dpaVersion: '2026-01',
    client: { accessTokenLifetime: 2 },
  },
  harbor: {
    name: 'Harbor (two APIs)',
    partners: ['Ivy Florists'],
    dpaVersion: '2026-01',
    client: { scopes: ['profile', 'orders:read', 'stock:read'] },
  },
}

/** Creates everything and returns the state. Requires an empty store. */
export async function seedDemo(server: CountersignServer, urls: DemoUrls, onProgress: (line: string) => void): Promise<DemoState> {
  const operator = await server.createOperator()
  const tokens = createTokenProvider(operator)
  const admin = createAdminClient({ serverUrl: urls.serverUrl, fetch: withBearer(fetch, tokens, { origins: [urls.serverUrl] }) })

  const seedSystem = async (name: SystemName, tenants: Record<string, Tenant>) => {
    onProgress(`  ${name}: ${Object.keys(tenants).join(', ')}`)
    const { realm, ...where } = urls.systems[name]
    const guard = await seedGuardClient(admin, realm, name)
    const clients: Record<string, DemoClient> = {}
    for (const [slug, tenant] of Object.entries(tenants)) clients[slug] = await seedTenant(admin, realm, slug, tenant)
    return { ...where, guard, clients }
  }

  const acmeOnly = { acme: { name: 'Acme' } }
  const state: DemoState = {
    serverUrl: urls.serverUrl,
    apiUrl: urls.apiUrl,
    operator,
    systems: {
      novatrade24: await seedSystem('novatrade24', novatrade24Tenants),
      'partner-api': {
        ...(await seedSystem('partner-api', acmeOnly)),
        keyedClients: { acme: await seedKeyedClient(admin, urls.systems['partner-api'].realm, 'acme', urls.keyFile) },
        requestors: await seedRequestors(admin, urls.systems['partner-api'].realm),
      },
      ptv: await seedSystem('ptv', acmeOnly),
      nxtsoft: await seedSystem('nxtsoft', acmeOnly),
    },
  }
  onProgress('  the text of an agreement, and two access requests')
  await publishAgreement(admin, urls.systems.novatrade24.realm)
  await seedRequests(urls.serverUrl, urls.systems.novatrade24.realm, state.systems['novatrade24']!.clients)
  onProgress('  two days of usage, refused requests, and three rotations')
  await seedHistory(server, admin, state, urls.systems.novatrade24.realm, Date.now())
  await seedRefusals(server, state, urls.systems.novatrade24.realm, Date.now())
  return state
}

/** The version that the configuration of the example requires. */
async function publishAgreement(admin: AdminClient, realm: string): Promise<void> {
  const description = 'Names the processors in Norway, and a shorter time until data is deleted'
  const body = { version: '2026-01', requiredFrom: '2026-01-01T00:00:00Z', description, text: agreementText }
  await admin.call('dpa.publish', { params: { realm }, body })
}

/** The API of a system belongs to its provider, which is an organization of the realm as well. */
async function seedGuardClient(admin: AdminClient, realm: string, system: string): Promise<DemoCredentials> {
  await admin.call('organizations.create', { params: { realm }, body: { slug: 'provider', name: `Provider of ${system}` } })
  const chosen = realm === 'nxtsoft' ? {} : { clientId: `${system}-api` }
  const { client, clientSecret } = await admin.call('clients.create', {
    params: { realm },
    body: { organization: 'provider', name: 'Guard of the sample API', scopes: ['entitlements:read', 'decisions:write'], ...chosen },
  })
  return { clientId: client.clientId, clientSecret: ofNewClient(clientSecret) }
}

async function seedTenant(admin: AdminClient, realm: string, slug: string, tenant: Tenant): Promise<DemoClient> {
  const organization = await admin.call('organizations.create', {
    params: { realm },
    body: { slug, name: tenant.name, capabilities: tenant.capabilities },
  })
  const partnerIds: string[] = []
  for (const name of tenant.partners ?? []) {
    const partner = randomUUID()
    await admin.call('partners.authorize', { params: { realm, organization: slug, partner }, body: { name } })
    partnerIds.push(partner)
  }
  if (tenant.dpaVersion !== undefined) {
    await admin.call('dpa.accept', {
      params: { realm, organization: slug },
      body: { version: tenant.dpaVersion, acceptedBy: `Legal department of ${slug}` },
    })
  }
  const { client, clientSecret } = await admin.call('clients.create', {
    params: { realm },
    body: { organization: slug, name: `Backend of ${slug}`, ...tenant.client },
  })
  return { clientId: client.clientId, clientSecret: ofNewClient(clientSecret), organizationId: organization.id, partnerIds }
}

function ofNewClient(clientSecret: string | null): string {
  if (clientSecret === null) throw new TypeError('The secret of a new client was not in the answer')
  return clientSecret
}

async function seedRequestors(admin: AdminClient, realm: string) {
  const create = async (permissions: string[]) =>
    (await admin.call('requestors.create', { params: { realm, organization: 'acme' }, body: { permissions } })).id
  return { ada: { id: await create(['payments:create']), permitted: true }, bob: { id: await create([]), permitted: false } }
}
