// Partners: the sellers of a realm, and which organization may act for which of them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

const ofPartner = inRealm.extend({ partner: shapes.partnerId })
const ofAuthorization = ofOrganization.extend({ partner: shapes.partnerId })
const name = shapes.displayName.meta({ description: 'Name of the partner.', examples: ['Alder Retail'] })
const nameOfNew = name.optional().describe('Name of the partner; required only if it is not registered yet.')

const partnerSearch = shapes.search.describe('Return partners with this text in the name or the id, ignoring case (A to Z).')

/** Partners in one request; the command line splits longer files. */
export const maxPartnersPerRequest = 5000

export const partnerOperations = {
  'partners.list': {
    summary: 'List the partners of a realm',
    description: 'Sorted by id.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/partners',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({ search: partnerSearch }),
    output: shapes.page(shapes.partner),
  },
  'partners.register': {
    summary: 'Register or rename a partner',
    description: 'Fails with "conflict" if the id belongs to a partner of another realm.',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    body: z.strictObject({
      name,
      onlyNew: z.boolean().optional().meta({ description: 'If true, fails with "conflict" in place of renaming.' }),
      reason: shapes.reason.optional(),
    }),
    output: shapes.partner,
  },
  'partners.get': {
    summary: 'Get a partner',
    description: 'Includes the number of organizations that may act for it, which `partners.organizations` lists.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:read',
    status: 200,
    params: ofPartner,
    output: shapes.partner,
  },
  'partners.organizations': {
    summary: 'List the organizations that may act for a partner',
    description: 'Sorted by the id of the organization.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/partners/{partner}/organizations',
    scope: 'organizations:read',
    status: 200,
    params: ofPartner,
    query: shapes.pageQuery,
    output: shapes.page(shapes.organizationOfPartner),
  },
  'partners.delete': {
    summary: 'Delete a partner',
    description: 'Fails with "conflict" while organizations are authorized for it, unless "force" is true.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    query: z.strictObject({
      force: shapes.truthInQuery.default(false).describe('If true, all authorizations for the partner are removed first.'),
    }),
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
  'partners.authorize': {
    summary: 'Authorize an organization for a partner',
    description:
      'Registers the partner if it is new; "name" is then required. Idempotent. Fails with "conflict" if the id belongs to a partner of another realm.',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofAuthorization,
    body: z.strictObject({ name: nameOfNew, reason: shapes.reason.optional() }),
    output: shapes.organization,
    etag: true,
  },
  'partners.withdraw': {
    summary: "Revoke an organization's authorization for a partner",
    description: 'Returns the organization. Fails with "not-found" if the organization is not authorized for the partner.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofAuthorization,
    body: shapes.onlyReason,
    output: shapes.organization,
    etag: true,
  },
  'partners.change': {
    summary: 'Add and remove partner authorizations of an organization in bulk',
    description:
      'Atomic: all changes are applied, or none. Partners that are new are registered with their "name". Fails with "invalid-request" if a partner is named twice, is new and has no name, belongs to another realm, or is in "withdraw" although the organization is not authorized for it; "errors" lists up to 100 such entries.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({
      authorize: z
        .array(z.strictObject({ id: shapes.partnerId, name: nameOfNew }))
        .max(maxPartnersPerRequest)
        .default([])
        .describe('Partners to authorize the organization for, at most 5000.'),
      withdraw: z
        .array(shapes.partnerId)
        .max(maxPartnersPerRequest)
        .default([])
        .describe('Ids of the partners whose authorizations are revoked, at most 5000.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.organization,
    etag: true,
    bodyLimit: 4 * 2 ** 20,
  },
  'partners.ofOrganization': {
    summary: 'List the partners that an organization may act for',
    description: 'Sorted by id.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery.extend({ search: partnerSearch }),
    output: shapes.page(shapes.partnerOfOrganization),
    portal: { role: 'viewer' },
  },
} as const satisfies Record<string, Operation>
