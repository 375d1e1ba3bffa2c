// Clients: the backends of an organization, each with credentials of its own.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofClient } from './paths.ts'

const name = shapes.displayName.meta({ description: 'Display name.', examples: ['Order backend'] })
const accessTokenLifetime = shapes.lifetimeSeconds
  .nullable()
  .meta({ description: 'Lifetime of the access tokens, in seconds; null for the default of the realm.', examples: [300] })
const { description: serviceAccountSwitch = '' } = shapes.client.shape.serviceAccountEnabled

export const clientOperations = {
  'clients.create': {
    summary: 'Create a client',
    description:
      'Returns the client with its first secret, which is shown only in this response. A client that authenticates only by keys has none. Fails with "conflict" if the realm already has a client with this id, and with "invalid-request" if one of the scopes cannot be granted in the realm.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients',
    scope: 'clients:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      organization: shapes.organizationKey,
      clientId: shapes.clientId
        .optional()
        .describe(
          'Client id; "api-client-{slug}" if omitted. In realms with the token profile "cognito" the server generates it, and this member must be omitted.',
        ),
      name,
      scopes: shapes.scopes.optional().describe('Scopes that the client can request; the default scopes of the realm if omitted.'),
      accessTokenLifetime: accessTokenLifetime.default(null),
      enabled: z.boolean().default(true).describe('If false, the client cannot get tokens.'),
      serviceAccountEnabled: z.boolean().default(true).describe(serviceAccountSwitch),
      authenticationMethods: shapes.authenticationMethods
        .optional()
        .describe(
          `${shapes.authenticationMethods.description ?? ''} If omitted: with "key" or "jwksUri" the last one, otherwise the others; only those that the realm accepts. A client that cannot use a secret gets none.`,
        ),
      key: shapes.keyInput.shape.key.optional(),
      jwksUri: shapes.jwksUri.optional(),
      secretExpiresAt: shapes.instant
        .nullable()
        .default(null)
        .describe('Expiry of the first secret; null for a secret that does not expire.'),
    }),
    output: z.strictObject({ client: shapes.client, clientSecret: shapes.clientSecret }),
    secret: 'clientSecret',
  },
  'clients.list': {
    summary: 'List the clients of a realm',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      sort: z
        .enum(['clientId', '-clientId', 'createdAt', '-createdAt'])
        .default('clientId')
        .describe('Sort key; prefix with "-" for descending order.'),
      organization: shapes.organizationKey.optional().describe('Return clients of this organization.'),
      enabled: shapes.truthInQuery.optional().describe('Return enabled (true) or disabled (false) clients.'),
      search: shapes.search.describe('Return clients with this text in the client id or the name, ignoring case (A to Z).'),
    }),
    output: shapes.page(shapes.client),
  },
  'clients.get': {
    summary: 'Get a client',
    description: 'Returns the last four characters and the dates of each secret, not the secret itself.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: shapes.client,
    etag: true,
  },
  'clients.update': {
    summary: 'Update a client',
    description:
      'Changes the members that are sent; the others, and the secrets, stay as they are. While a client is disabled, its tokens are rejected. Fails with "invalid-request" if one of the scopes cannot be granted in the realm.',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({
      name: name.optional(),
      enabled: z.boolean().optional().describe('If false, the client cannot get tokens, and the tokens that it has are rejected.'),
      serviceAccountEnabled: z.boolean().optional().describe(serviceAccountSwitch),
      scopes: shapes.scopes.optional(),
      authenticationMethods: shapes.authenticationMethods.optional(),
      accessTokenLifetime: accessTokenLifetime.optional(),
    }),
    output: shapes.client,
    etag: true,
  },
  'clients.lowerCut': {
    summary: 'Lower a cut of a client that lies in the future',
    description:
      'For a client that was created, or whose tokens were cut, while the clock of the server was ahead: until the instant in "tokensNotBefore" every token is rejected. Tokens issued before now stay invalid; tokens that were dated ahead become valid at their date. A cut that has passed stays as it is: "lowered" is false, nothing changes, and the audit log gets no event.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/lower-cut',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({ reason: shapes.reason }),
    output: shapes.loweredClient,
    etag: true,
  },
  'clients.delete': {
    summary: 'Delete a client and its secrets',
    description: 'Tokens of the client are rejected from now on.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
