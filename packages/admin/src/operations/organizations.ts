// Organizations: the companies that may call the APIs of a realm, and what each of them is capable of.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

const ofCapability = ofOrganization.extend({ capability: shapes.capabilityName })

export const organizationOperations = {
  'organizations.create': {
    summary: 'Create an organization',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations',
    scope: 'organizations:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      slug: shapes.newSlug,
      name: shapes.displayName.meta({ description: 'Its full name.', examples: ['Acme Corporation'] }),
      capabilities: shapes.capabilities.default({}),
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
        .describe('By which member; with "-" the greatest first.'),
      status: z.enum(['active', 'suspended']).optional().describe('Only those of this status.'),
      search: shapes.search.describe('Only those with this text in their slug or name.'),
    }),
    output: shapes.page(shapes.organizationSummary),
  },
  'organizations.get': {
    summary: 'Show an organization with its partners, capabilities, DPA and clients',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    output: shapes.organization,
    etag: true,
  },
  'organizations.update': {
    summary: 'Rename, suspend or resume an organization, or set its capabilities',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({
      name: shapes.displayName.optional().describe('Its new name.'),
      status: z.enum(['active', 'suspended']).optional().describe('Suspends or resumes it.'),
      capabilities: z
        .record(z.string().max(64), z.union([shapes.capabilityValue, z.null()]))
        .optional()
        .meta({
          description: 'Merged with the capabilities that it has; null removes one.',
          examples: [{ rateLimitTier: 'premium', allowMarketplaceLedKyc: null }],
        }),
    }),
    output: shapes.organization,
    etag: true,
  },
  'organizations.suspend': {
    summary: 'Suspend an organization: its tokens are refused and it gets no new ones',
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
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/resume',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    output: shapes.organization,
    etag: true,
  },
  'organizations.delete': {
    summary: 'Delete an organization with its clients, requestors and acceptances',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    output: shapes.deleted,
    destructive: true,
  },
  'organizations.cutTokens': {
    summary: 'Refuse all tokens of an organization that were issued before now',
    description: 'Its clients stay enabled and request new tokens with the secrets that they have.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/cut-tokens',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({ reason: shapes.reason }),
    output: shapes.organization,
    etag: true,
  },
  'capabilities.set': {
    summary: 'Set a capability of an organization',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/capabilities/{capability}',
    scope: 'organizations:write',
    status: 200,
    params: ofCapability,
    body: z.strictObject({ value: shapes.capabilityValue }),
    output: shapes.organization,
    etag: true,
  },
  'capabilities.remove': {
    summary: 'Remove a capability of an organization',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/capabilities/{capability}',
    scope: 'organizations:write',
    status: 200,
    params: ofCapability,
    output: shapes.organization,
    etag: true,
  },
} as const satisfies Record<string, Operation>
