// Organizations of a test server whose people sign in to the portal at an identity provider on this machine.
import type { OperationInput } from '@countersign/admin'
import type { TestServer } from '../test-server.fixture.ts'
import type { PlaceOfIdp } from './idp-browser.fixture.ts'

export const withOrganizationIdps = {
  settings: 'console: {}\nportal: { enabled: true }\noutboundRequests: { privateAddresses: [127.0.0.0/8] }',
}
const realm = 'nt24-idp'

type Set = NonNullable<OperationInput<'identityProviders.set'>['body']>
interface IdpToUse {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface OrganizationWithIdp {
  readonly params: { readonly realm: string; readonly organization: string }
  readonly organizationId: string
  readonly place: PlaceOfIdp
  /** The settings of its identity provider, with other members. */
  set(members?: Partial<Set>): ReturnType<TestServer['admin']>
}

/** @param members of the settings; by default the groups admins, developers and viewers have their roles */
export async function anOrganizationWithIdp(
  server: TestServer,
  { issuer, clientId, clientSecret }: IdpToUse,
  members: Partial<Set> = {},
  slugOfNew?: string,
): Promise<OrganizationWithIdp> {
  const { slug, organizationId } = await server.aClient(realm, slugOfNew === undefined ? {} : { slug: slugOfNew })
  const params = { realm, organization: slug }
  const usual = { admins: 'admin', developers: 'developer', viewers: 'viewer' } as const
  const set = (more: Partial<Set> = {}) =>
    server.admin('identityProviders.set', {
      params,
      body: { name: 'Acme SSO', issuer, clientId, clientSecret, roles: usual, ...members, ...more },
    })
  await set()
  return { params, organizationId, place: { mount: '/portal', party: `/${realm}/${slug}` }, set }
}
