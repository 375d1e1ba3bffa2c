// Inputs of every write of the admin API, for the commands that pages show beside their forms.
import type { OperationInput, OperationName } from '@countersign/admin'

const realm = 'nt24-idp'
const uuid = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
const other = '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33'
const reason = 'ticket 4711'
/** What a shell or a parser of options could misread. */
const oddName = `-Ünï "q" $HOME 'y' \`z\``
const oddClient = '-api client$1'
const ofOrganization = { realm, organization: 'acme' }
const ofAccessRequest = { ...ofOrganization, accessRequest: other }
const ofClient = { realm, client: 'api-client-acme' }
const grant = { audiences: ['stock-api'], roles: { realm: ['partner'], clients: {} }, claims: { tenant: 'acme' } }

/** Files that the commands name, in the folder in which they run. */
export const files = {
  'public.pem': '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----',
  'key.pem': '-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----',
  'certificates.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'grant.json': JSON.stringify(grant),
  'agreement.md': '# Agreement\n\nThe provider processes data.\n',
  'idp-secret.txt': 'a secret at the identity provider\n',
  'partners.csv': `${uuid},Alder Retail\n${other},Birch\n`,
}

type Inputs = { readonly [Name in OperationName]?: readonly OperationInput<Name>[] }

export const inputs: Inputs = {
  'organizations.create': [
    {
      params: { realm },
      body: { slug: 'globex', name: oddName, capabilities: { rateLimitTier: 'standard', allowMarketplaceLedKyc: true }, reason },
    },
  ],
  'organizations.update': [{ params: ofOrganization, body: { name: 'Acme International', capabilities: { rateLimitTier: 'premium' } } }],
  'organizations.suspend': [{ params: ofOrganization, body: { reason: oddName } }],
  'organizations.resume': [{ params: ofOrganization, body: {} }],
  'organizations.delete': [{ params: ofOrganization, body: { reason } }],
  'organizations.cutTokens': [{ params: ofOrganization, body: { reason } }],
  'organizations.lowerCut': [{ params: ofOrganization, body: { reason } }],
  'capabilities.set': [
    { params: { ...ofOrganization, capability: 'rateLimitTier' }, body: { value: 'premium' } },
    { params: { ...ofOrganization, capability: 'allowMarketplaceLedKyc' }, body: { value: false, reason } },
  ],
  'capabilities.remove': [{ params: { ...ofOrganization, capability: 'rateLimitTier' }, body: { reason } }],
  'partners.register': [
    { params: { realm, partner: uuid }, body: { name: oddName } },
    { params: { realm, partner: uuid }, body: { name: oddName, onlyNew: true } },
  ],
  'partners.delete': [
    { params: { realm, partner: uuid }, body: {} },
    { params: { realm, partner: uuid }, query: { force: 'true' }, body: { reason } },
  ],
  'partners.authorize': [{ params: { ...ofOrganization, partner: uuid }, body: { name: 'Alder Retail', reason } }],
  'partners.withdraw': [{ params: { ...ofOrganization, partner: uuid }, body: { reason } }],
  'partners.change': [
    { params: ofOrganization, body: { authorize: [{ id: uuid }, { id: other }] } },
    {
      params: ofOrganization,
      body: {
        authorize: [
          { id: uuid, name: 'Alder Retail' },
          { id: other, name: 'Birch' },
        ],
        reason,
      },
    },
    { params: ofOrganization, body: { withdraw: [uuid, other] } },
  ],
  'dpa.publish': [
    { params: { realm }, body: { version: '2026-07', requiredFrom: '2026-09-01T00:00:00.000Z', description: 'Adds a processor' } },
    {
      params: { realm },
      body: { version: '2026-08', requiredFrom: '2026-09-01T00:00:00.000Z', text: files['agreement.md'], reason },
    },
  ],
  'dpa.accept': [{ params: ofOrganization, body: { version: '2026-01', acceptedBy: 'Ada Lovelace, CFO', digest: 'e'.repeat(64), reason } }],
  'accessRequests.create': [
    { params: ofOrganization, body: { kind: 'partner', what: uuid, note: oddName, reason } },
    { params: ofOrganization, body: { kind: 'scope', what: 'orders:write', client: oddClient } },
    { params: ofOrganization, body: { kind: 'client', what: oddName } },
  ],
  'accessRequests.approve': [
    { params: ofAccessRequest, body: { answer: 'From Monday on', reason } },
    { params: ofAccessRequest, body: { name: oddName } },
  ],
  'accessRequests.decline': [{ params: ofAccessRequest, body: { answer: oddName, reason } }],
  'accessRequests.withdraw': [{ params: ofAccessRequest, body: { reason } }],
  'accessRequests.makeClient': [{ params: ofAccessRequest, body: {} }],
  'requestors.create': [{ params: ofOrganization, body: { id: uuid, permissions: ['payments:create', 'payments:read'] } }],
  'requestors.update': [
    { params: { ...ofOrganization, requestor: uuid }, body: { permissions: ['payments:create'] } },
    { params: { ...ofOrganization, requestor: uuid }, body: { permissions: [] } },
  ],
  'requestors.delete': [{ params: { ...ofOrganization, requestor: uuid }, body: {} }],
  'claimSets.create': [{ params: { realm }, body: { name: 'partners', description: 'For all', grant } }],
  'claimSets.update': [{ params: { realm, claimSet: 'partners' }, body: { description: 'For some', grant } }],
  'claimSets.delete': [{ params: { realm, claimSet: 'partners' }, body: { reason } }],
  'clients.create': [
    {
      params: { realm },
      body: {
        organization: 'acme',
        clientId: oddClient,
        name: 'Order backend',
        scopes: ['profile', 'orders:read'],
        defaultScopes: ['profile'],
        accessTokenLifetime: 300,
        signingAlgorithm: 'RS256',
        authenticationMethods: ['client_secret_basic', 'private_key_jwt'],
        serviceAccountEnabled: false,
        claimSet: 'partners',
        subject: uuid,
        headerType: 'at+jwt',
        secretExpiresAt: '2027-01-31T12:00:00.000Z',
        reason,
      },
    },
    {
      params: { realm: 'operators' },
      body: { organization: 'acme', name: 'Support', operatorRealms: [realm], jwksUri: 'https://backend.example/jwks' },
    },
    { params: { realm }, body: { organization: 'acme', name: 'With a key', key: files['public.pem'] } },
  ],
  'clients.update': [
    { params: ofClient, body: { enabled: true } },
    { params: { realm, client: oddClient }, body: { enabled: false, reason } },
    { params: ofClient, body: { name: oddName, scopes: ['profile'], accessTokenLifetime: null, signingAlgorithm: null, claimSet: null } },
    { params: ofClient, body: { scopes: [], defaultScopes: null, subject: null, headerType: null, accessTokenLifetime: 90 } },
    { params: ofClient, body: { grant } },
    { params: ofClient, body: { grant: null } },
    { params: ofClient, body: { operatorScopes: ['clients:read', 'secrets:write'] } },
    { params: ofClient, body: { operatorScopes: [] } },
  ],
  'clients.lowerCut': [{ params: ofClient, body: { reason } }],
  'clients.delete': [{ params: ofClient, body: { reason } }],
  'rotation.start': [
    { params: ofClient, body: {} },
    { params: ofClient, body: { window: 604_800, secretExpiresAt: '2027-01-31T12:00:00.000Z', force: true, reason } },
  ],
  'rotation.confirm': [{ params: ofClient, body: { force: true, reason } }],
  'rotation.cancel': [{ params: ofClient, body: { reason } }],
  'rotation.extend': [{ params: ofClient, body: { window: 86_460 } }],
  'secrets.revoke': [
    { params: { ...ofClient, secret: uuid }, body: { reason } },
    { params: { ...ofClient, secret: uuid }, body: { cutTokens: false, reason } },
  ],
  'keys.add': [{ params: ofClient, body: { key: files['public.pem'], keyId: 'one', algorithm: 'ES256' } }],
  'keys.setUri': [{ params: ofClient, body: { url: 'https://backend.example/jwks?a=1&b=2', algorithm: 'RS256' } }],
  'keys.remove': [{ params: { ...ofClient, key: uuid }, body: { force: true, cutTokens: true, reason } }],
  'signingKeys.stage': [{ params: { realm }, body: { algorithm: 'ES256', reason } }],
  'signingKeys.import': [
    {
      params: { realm },
      body: { key: files['key.pem'], keyId: 'k-1', algorithm: 'RS256', certificates: files['certificates.pem'], alreadyPublished: true },
    },
  ],
  'signingKeys.activate': [{ params: { realm, key: '-Dx2Vh3bZ0mY' }, body: { emergency: true, reason } }],
  'signingKeys.retire': [{ params: { realm, key: 'Dx2Vh3bZ0mY' }, body: {} }],
  'signingKeys.compromise': [{ params: { realm, key: '_x2Vh3bZ0mY' }, body: { reason } }],
  'invitations.create': [{ params: ofOrganization, body: { role: 'admin', reason } }],
  'invitations.withdraw': [{ params: { ...ofOrganization, invitation: uuid }, body: { reason } }],
  'people.setRole': [{ params: { ...ofOrganization, person: uuid }, body: { role: 'viewer', reason } }],
  'people.remove': [{ params: { ...ofOrganization, person: uuid }, body: { reason } }],
  'identityProviders.set': [
    {
      params: ofOrganization,
      body: {
        name: oddName,
        issuer: 'https://login.acme.example/realms/a',
        clientId: 'portal',
        clientSecret: 'a secret at the identity provider',
        roles: { 'api-admins': 'admin', 'CN=Developers,OU=Groups': 'developer' },
        everyone: 'viewer',
        claim: 'realm_access.roles',
        scopes: ['profile', 'groups'],
        reason,
      },
    },
    {
      params: ofOrganization,
      body: { name: 'Acme SSO', issuer: 'https://login.acme.example', clientId: 'portal', everyone: 'viewer', roles: {} },
    },
    {
      params: ofOrganization,
      body: { name: 'Acme SSO', issuer: 'https://login.acme.example', clientId: 'portal', everyone: null, roles: { staff: 'viewer' } },
    },
  ],
  'identityProviders.remove': [{ params: ofOrganization, body: { reason } }],
  'sessions.end': [{ params: { session: uuid }, body: { reason } }],
  'pepper.retire': [{ params: { version: 1 }, body: { force: true, reason } }],
  'keyEncryptionKey.rewrap': [{ params: {}, body: {} }],
  'keyEncryptionKey.retire': [{ params: { version: 1 }, body: { reason } }],
}
