// What is used, from where, what will end, and what a suspension would stop.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { credentialUse, cutOff, impact, usage, usageDimensions, usageQuery } from '../usage-shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

export const usageOperations = {
  'usage.series': {
    summary: 'Count tokens, calls and refusals of a realm over time',
    description:
      'Counts are written every 10 seconds. Calls are what guards report, and those to "/v1/me" of this server. Of each client, 20 routes a day have a name; the rest counts as "others", like requests without a registered client. Fails with "invalid-request" for more than 400 steps, with "not-found" for a client that the realm does not have and that was never used.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/usage',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: usageQuery.extend({
      by: z
        .enum(usageDimensions)
        .default('outcome')
        .describe('Dimension that makes the series. "credential" counts token requests only, "route" calls only.'),
      what: z.enum(['token', 'call']).optional().describe('Count only requests to the token endpoint, or only calls.'),
      client: shapes.clientId.optional().describe('Count only this client; it may be deleted.'),
      organization: shapes.organizationKey.optional().describe('Count only this organization: its slug, or its id, also of a deleted one.'),
    }),
    output: usage,
    portal: { role: 'viewer' },
  },
  'credentials.uses': {
    summary: 'List from where and by which programs credentials were used',
    description:
      'Most recent first, also of secrets and keys that have ended, for 400 days after the last use. Of each credential 32 pairs of address and program are kept; the rest counts as one without address. Fails with "not-found" for a client that the realm does not have and that was never used.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/credential-uses',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      client: shapes.clientId.optional().describe('Return uses of the credentials of this client; it may be deleted.'),
    }),
    output: shapes.page(credentialUse),
    portal: { role: 'developer' },
  },
  'organizations.due': {
    summary: 'List what will cut off clients and organizations of a realm, and when',
    description:
      'Soonest first: secrets and public keys that expire without another credential that was used since, rotation windows that end while the old secret is in use or before the new one was used, and published versions of the Data Processing Agreement that an organization has not accepted. Suspended organizations and disabled clients are left out; of agreements also organizations that are refused already for the version required now, and those with guards only.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/due',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(cutOff),
  },
  'organizations.impact': {
    summary: 'Show what suspending an organization would stop',
    description: 'Changes nothing. Counts are up to 10 seconds old.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/impact',
    scope: 'clients:read',
    status: 200,
    params: ofOrganization,
    output: impact,
  },
} as const satisfies Record<string, Operation>
