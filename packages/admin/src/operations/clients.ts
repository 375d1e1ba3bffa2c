// Clients: the backends of an organization, each with credentials of its own.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { claimSetName } from '../grant-shapes.ts'
import * as shapes from '../shapes.ts'
import { clientStanding } from '../standing-shapes.ts'
import { inRealm, ofClient } from './paths.ts'

const { tokenMembers } = shapes
const name = shapes.displayName.meta({ description: 'Display name.', examples: ['Order backend'] })
const accessTokenLifetime = shapes.lifetimeSeconds
  .nullable()
  .meta({ description: 'Lifetime of the access tokens, in seconds; null for the default of the realm.', examples: [300] })
const signingAlgorithm = shapes.signingAlgorithm.nullable().meta({
  description:
    'Signature algorithm of the tokens: one that the realm has ("signingAlgorithm" and "signingAlgorithms" in the configuration); null for that of the realm. A change applies to new tokens; earlier ones stay valid.',
  examples: ['RS256'],
})
const { description: serviceAccountSwitch = '' } = shapes.client.shape.serviceAccountEnabled

function ownersOnly({ description = '' }: { readonly description?: string | undefined }): string {
  return `${description} Only an owner may set it; for anyone else the request fails with "owner-required".`
}

export const clientOperations = {
  'clients.create': {
    summary: 'Create a client',
    description:
      'Returns the client with its first secret, which is shown only in this response. A client that authenticates only by keys has none. Fails with "conflict" if the realm already has a client with this id, and with "invalid-request" if the realm does not have one of the scopes or the signing algorithm.',
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
          'Client id; "api-client-{slug}" if omitted, with a number if that is taken. Letters, digits, ".", "_" and "-", at most 128, unless "anyClientId" of the realm allows more. In realms with the token profile "cognito" the server generates it: omit it.',
        ),
      name,
      scopes: shapes.scopes.optional().describe('Scopes that the client can request; the default scopes of the realm if omitted.'),
      subject: tokenMembers.subject.default(null),
      defaultScopes: tokenMembers.defaultScopes.default(null),
      claimSet: tokenMembers.claimSet.default(null),
      grant: tokenMembers.grant.default(null),
      scopeGrants: tokenMembers.scopeGrants.default({}),
      headerType: tokenMembers.headerType.default(null),
      accessTokenLifetime: accessTokenLifetime.default(null),
      signingAlgorithm: signingAlgorithm.default(null),
      enabled: z.boolean().default(true).describe('If false, the client cannot get tokens.'),
      serviceAccountEnabled: z.boolean().default(true).describe(serviceAccountSwitch),
      authenticationMethods: shapes.authenticationMethods
        .optional()
        .describe(
          `${shapes.authenticationMethods.description ?? ''} If omitted: with "key" or "jwksUri" the last one, otherwise the others; only those that the realm accepts. A client that cannot use a secret gets none.`,
        ),
      key: shapes.keyInput.shape.key.optional(),
      jwksUri: shapes.jwksUri.optional(),
      operatorRealms: shapes.operatorRealms.nullable().optional().describe(ownersOnly(shapes.operatorRealms)),
      operatorScopes: shapes.operatorScopes.optional().describe(ownersOnly(shapes.operatorScopes)),
      secretExpiresAt: shapes.instant
        .nullable()
        .default(null)
        .describe('Expiry of the first secret; null for a secret that does not expire.'),
      reason: shapes.reason.optional(),
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
      signingAlgorithm: shapes.signingAlgorithm.optional().describe('Return clients that have this signature algorithm of their own.'),
      claimSet: claimSetName.optional().describe('Return clients that use this claim set.'),
      search: shapes.search.describe('Return clients with this text in the client id or the name, ignoring case (A to Z).'),
      rotation: z
        .enum(['in-progress', 'issued', 'overlapping', 'stable'])
        .optional()
        .describe('Return clients whose rotation is in this state; "in-progress" for "issued" and "overlapping".'),
      due: shapes.truthInQuery.optional().describe('Return clients whose secret is due for rotation by its age or its expiry, or not.'),
      unusedFor: z.coerce
        .number()
        .int()
        .min(1)
        .max(400)
        .optional()
        .describe('Return clients that were created before this number of days and have not authenticated since.'),
      with: z.literal('standing').optional().describe('Add how each client stands: rotation, last use, refusals.'),
    }),
    output: shapes.page(
      shapes.client.extend({ standing: clientStanding.optional().describe('With "with=standing" only.') }).meta({ id: 'ListedClient' }),
    ),
    portal: { role: 'viewer', hides: ['items.operatorRealms', 'items.operatorScopes', 'items.standing.refused'] },
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
    portal: { role: 'viewer', hides: ['operatorRealms', 'operatorScopes'] },
  },
  'clients.previewToken': {
    summary: 'Show the token that a client would get',
    description:
      'Header, claims and response of the next token, without making one: no signature, no audit event of a token. Fails with "invalid-request" if the token endpoint would deny the scope or the audience.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}/token-preview',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    query: z.strictObject({
      scope: z.string().max(4096).optional().describe('The parameter "scope" of the token request.'),
      resource: z.string().max(256).optional().describe('The parameter "resource" of the token request.'),
    }),
    output: shapes.tokenPreview,
    portal: { role: 'viewer' },
  },
  'clients.update': {
    summary: 'Update a client',
    description:
      'Changes the members that are sent; the others, and the secrets, stay as they are. While a client is disabled, its tokens are rejected. Fails with "invalid-request" if the realm does not have one of the scopes or the signing algorithm.',
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
      subject: tokenMembers.subject.optional(),
      defaultScopes: tokenMembers.defaultScopes.optional(),
      claimSet: tokenMembers.claimSet.optional(),
      grant: tokenMembers.grant.optional(),
      scopeGrants: tokenMembers.scopeGrants.optional(),
      headerType: tokenMembers.headerType.optional(),
      accessTokenLifetime: accessTokenLifetime.optional(),
      operatorRealms: shapes.operatorRealms.nullable().optional().describe(ownersOnly(shapes.operatorRealms)),
      operatorScopes: shapes.operatorScopes.optional().describe(ownersOnly(shapes.operatorScopes)),
      signingAlgorithm: signingAlgorithm.optional(),
      reason: shapes.reason.optional(),
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
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
