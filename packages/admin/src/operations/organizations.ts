// Organizations: the companies that may call the APIs of a realm, and the capabilities of each.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { organizationStanding } from '../standing-shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

const ofCapability = ofOrganization.extend({ capability: shapes.capabilityName })
const ofAnyCapability = ofOrganization.extend({
  capability: shapes.capabilityName.describe('Name of the capability; the realm need not declare it any more.'),
})

export const organizationOperations = {
  'organizations.create': {
    summary: 'Create an organization',
    description:
      'Fails with "conflict" if the slug is taken in the realm, and with "invalid-request" if the realm does not declare a capability or its value.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations',
    scope: 'organizations:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      slug: shapes.newSlug,
      name: shapes.displayName.meta({ description: 'Full name.', examples: ['Acme Corporation'] }),
      capabilities: shapes.capabilities.default({}),
      reason: shapes.reason.optional(),
    }),
    output: shapes.organization,
    etag: true,
  },
  'organizations.list': {
    summary: 'List the organizations of a realm',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      sort: z
        .enum(['slug', '-slug', 'name', '-name', 'createdAt', '-createdAt'])
        .default('slug')
        .describe('Sort key; prefix with "-" for descending order.'),
      status: z.enum(['active', 'suspended']).optional().describe('Return organizations with this status.'),
      search: shapes.search.describe('Return organizations with this text in the slug or the name, ignoring case (A to Z).'),
      dpa: z
        .enum(['accepted', 'missing', 'outdated'])
        .optional()
        .describe('Return organizations with this status of the Data Processing Agreement.'),
      with: z.literal('standing').optional().describe('Add how each organization stands: agreement, clients, last use, refusals.'),
    }),
    output: shapes.page(
      shapes.organizationSummary
        .extend({ standing: organizationStanding.optional().describe('With "with=standing" only.') })
        .meta({ id: 'ListedOrganization' }),
    ),
  },
  'organizations.get': {
    summary: 'Get an organization',
    description:
      'Includes its capabilities, its DPA status, and its partners, requestors and client ids: each as their number, with all of them if there are at most 100.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    output: shapes.organization,
    etag: true,
    portal: { role: 'viewer', hides: ['clients'] },
  },
  'organizations.update': {
    summary: 'Update an organization',
    description:
      'Changes the members that are sent. While an organization is suspended, its tokens are rejected. Fails with "invalid-request" if the realm does not declare a capability or its value.',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({
      name: shapes.displayName.optional().describe('New name.'),
      status: z
        .enum(['active', 'suspended'])
        .optional()
        .describe('New status: "suspended" suspends the organization, "active" resumes it.'),
      capabilities: z
        .record(z.string().max(64), z.union([shapes.capabilityValue, z.null()]))
        .optional()
        .meta({
          description: 'Merged into the existing capabilities; null removes a capability.',
          examples: [{ rateLimitTier: 'premium', allowMarketplaceLedKyc: null }],
        }),
      reason: shapes.reason.optional(),
    }),
    output: shapes.organization,
    etag: true,
  },
  'organizations.suspend': {
    summary: 'Suspend an organization',
    description:
      'Tokens of the organization are rejected and its clients get no new ones until the organization is resumed. Suspending a suspended organization is not an error.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/suspend',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({ reason: shapes.reason.optional() }),
    output: shapes.organization,
    etag: true,
  },
  'organizations.resume': {
    summary: 'Resume a suspended organization',
    description:
      'The clients of the organization get tokens again, and tokens that have not expired are accepted again. Resuming an active organization is not an error.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/resume',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: shapes.onlyReason,
    output: shapes.organization,
    etag: true,
  },
  'organizations.delete': {
    summary: 'Delete an organization',
    description: 'Deletes its clients, requestors, partner authorizations and DPA acceptances, too; its tokens are rejected.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
  'organizations.cutTokens': {
    summary: 'Invalidate all tokens of an organization issued before now',
    description: 'The clients of the organization stay enabled and can request new tokens with their current secrets.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/cut-tokens',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({ reason: shapes.reason }),
    output: shapes.organization,
    etag: true,
  },
  'organizations.lowerCut': {
    summary: 'Lower a cut of an organization that lies in the future',
    description:
      'For a cut that was made while the clock of the server was ahead: until the instant in "tokensNotBefore" every token is rejected. Tokens issued before now stay invalid; tokens that were dated ahead become valid at their date. A cut that has passed stays as it is: "lowered" is false, nothing changes, and the audit log gets no event.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/lower-cut',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({ reason: shapes.reason }),
    output: shapes.loweredOrganization,
    etag: true,
  },
  'capabilities.set': {
    summary: 'Set a capability of an organization',
    description: 'Returns the organization. Fails with "invalid-request" if the realm does not declare the capability or the value.',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/capabilities/{capability}',
    scope: 'organizations:write',
    status: 200,
    params: ofCapability,
    body: z.strictObject({ value: shapes.capabilityValue, reason: shapes.reason.optional() }),
    output: shapes.organization,
    etag: true,
  },
  'capabilities.remove': {
    summary: 'Remove a capability from an organization',
    description: 'Returns the organization. Fails with "not-found" if the organization does not have the capability.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/capabilities/{capability}',
    scope: 'organizations:write',
    status: 200,
    params: ofAnyCapability,
    body: shapes.onlyReason,
    output: shapes.organization,
    etag: true,
  },
} as const satisfies Record<string, Operation>
