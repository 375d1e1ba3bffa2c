// Clients: the backends of an organization, each with credentials of its own.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofClient } from './paths.ts'

const name = shapes.displayName.meta({ description: 'What it is, for people.', examples: ['Order backend'] })
const accessTokenLifetime = shapes.lifetimeSeconds
  .nullable()
  .meta({ description: 'Seconds that its tokens live; null for the lifetime of the realm.', examples: [300] })

export const clientOperations = {
  'clients.create': {
    summary: 'Create a client of an organization; its secret is in this answer and never again',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients',
    scope: 'clients:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      organization: shapes.organizationKey,
      clientId: shapes.clientId
        .optional()
        .describe('"api-client-{slug}" if left out. Realms of the profile "cognito" choose it themselves.'),
      name,
      scopes: shapes.scopes.optional().describe('The scopes that it may ask for; the default scopes of the realm if left out.'),
      accessTokenLifetime: accessTokenLifetime.default(null),
      enabled: z.boolean().default(true).describe('Whether it gets tokens at all.'),
      serviceAccountEnabled: z.boolean().default(true).describe('Whether it gets tokens by client_credentials.'),
      authenticationMethods: shapes.authenticationMethods.default(['client_secret_basic', 'client_secret_post']),
      secretExpiresAt: shapes.instant.nullable().default(null).describe('When its first secret ends; null if it does not.'),
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
        .describe('By which member; with "-" the greatest first.'),
      organization: shapes.organizationKey.optional().describe('Only those of this organization.'),
      enabled: shapes.truthInQuery.optional().describe('Only those that are enabled, or that are not.'),
      search: shapes.search.describe('Only those with this text in their client id or name.'),
    }),
    output: shapes.page(shapes.client),
  },
  'clients.get': {
    summary: 'Show a client; never its secret',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: shapes.client,
    etag: true,
  },
  'clients.update': {
    summary: 'Rename, enable or disable a client, switch its service account, or set its scopes',
    description: 'Its secrets stay as they are.',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({
      name: name.optional(),
      enabled: z.boolean().optional().describe('Whether it gets tokens at all, and whether those it has are good.'),
      serviceAccountEnabled: z.boolean().optional().describe('Whether it gets tokens by client_credentials.'),
      scopes: shapes.scopes.optional(),
      authenticationMethods: shapes.authenticationMethods.optional(),
      accessTokenLifetime: accessTokenLifetime.optional(),
    }),
    output: shapes.client,
    etag: true,
  },
  'clients.delete': {
    summary: 'Delete a client with its secrets; its tokens are refused',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
