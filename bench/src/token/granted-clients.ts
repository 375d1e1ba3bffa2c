// Clients whose tokens say more than the profile does: roles of the realm and of two APIs and fixed claims, 750 bytes in the layout of Keycloak.
import type { CreateInRealm } from './create-client.ts'

export const grant = {
  audiences: ['account'],
  roles: {
    realm: ['default-roles-nt24-idp', 'offline_access', 'uma_authorization', 'partner', 'partner-billing'],
    clients: {
      account: ['manage-account', 'manage-account-links', 'view-profile'],
      'nt24-integration-api': [
        'orders:read',
        'orders:write',
        'customers:read',
        'customers:write',
        'documents:read',
        'confirmations:write',
        'webhooks:manage',
      ],
    },
  },
  claims: {
    acr: '1',
    email_verified: false,
    preferred_username: 'service-account-${client_id}',
    tenant: { id: 'acme-real-estate', country: 'DE', markets: ['DE-BE', 'DE-BB', 'DE-HH'] },
    contract: { number: 'NT-2026-004711', valid_from: '2026-01-01', cost_center: '4711' },
    partner_ids: ['4f0a3c52-6a3e-4f0e-9d0b-2c1f4a7be001', '7be0014f-0e3c-4a52-9d0b-6a3e2c1f4a7b'],
    tier: 'gold',
  },
}

const claimSet = 'partners'

/** Creates a client that has the grant by a claim set, and one of its own. Returns their credentials. */
export async function createGrantedClients(create: CreateInRealm) {
  await create('claim-sets', { name: claimSet, grant })
  return {
    // Ids as long as that of the client without a grant.
    claimSet: await createOne('api-client-beta', { claimSet }),
    ownGrant: await createOne('api-client-nova', { grant }),
  }

  async function createOne(clientId: string, members: object) {
    const client = await create('clients', { organization: 'acme', clientId, name: clientId, ...members })
    return { clientId, clientSecret: String(client['clientSecret']) }
  }
}
