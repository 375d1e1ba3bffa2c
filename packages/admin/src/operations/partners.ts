// Partners: the sellers of a realm, and which organization may act for which of them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

const ofPartner = inRealm.extend({ partner: shapes.partnerId })
const ofAuthorization = ofOrganization.extend({ partner: shapes.partnerId })
const name = shapes.displayName.meta({ description: 'Its name.', examples: ['Alder Retail'] })
const nameOfNew = name.optional().describe('Its name; needed only for a partner that is not registered yet.')

/** Partners in one request; the command line splits longer files. */
export const maxPartnersPerRequest = 5000

export const partnerOperations = {
  'partners.list': {
    summary: 'List the partners of a realm by id',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/partners',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({ search: shapes.search.describe('Only those with this text in their name.') }),
    output: shapes.page(shapes.partner),
  },
  'partners.register': {
    summary: 'Register a partner, or rename it',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    body: z.strictObject({ name }),
    output: shapes.partner,
  },
  'partners.get': {
    summary: 'Show a partner',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:read',
    status: 200,
    params: ofPartner,
    output: shapes.partner,
  },
  'partners.delete': {
    summary: 'Delete a partner',
    description: 'Refused by "conflict" while organizations are authorized for it, unless "force" is true, which withdraws it from them.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    query: z.strictObject({
      force: shapes.truthInQuery.default(false).describe('Also while organizations are authorized for it: they lose it.'),
    }),
    output: shapes.deleted,
    destructive: true,
  },
  'partners.authorize': {
    summary: 'Let an organization act for a partner, registering the partner if it is new',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofAuthorization,
    body: z.strictObject({ name: nameOfNew }),
    output: shapes.organization,
    etag: true,
  },
  'partners.withdraw': {
    summary: 'Stop an organization from acting for a partner',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofAuthorization,
    output: shapes.organization,
    etag: true,
  },
  'partners.change': {
    summary: 'Authorize and withdraw many partners of an organization at once: all of them or none',
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
        .describe('Those to act for from now on.'),
      withdraw: z.array(shapes.partnerId).max(maxPartnersPerRequest).default([]).describe('Those to act for no longer.'),
    }),
    output: shapes.organization,
    etag: true,
    bodyLimit: 4 * 2 ** 20,
  },
  'partners.ofOrganization': {
    summary: 'List the partners that an organization may act for, by id',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.partnerOfOrganization),
  },
} as const satisfies Record<string, Operation>
