// Claim sets: grants that clients share, so that one change reaches all of them.
import { z } from 'zod'
import { claimSetName, grant } from '../grant-shapes.ts'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm } from './paths.ts'

const ofClaimSet = inRealm.extend({ claimSet: claimSetName })
const description = z.string().max(500).describe('For people; in no token.')

export const claimSetOperations = {
  'claimSets.create': {
    summary: 'Create a claim set',
    description: 'A grant that clients share. Fails with "conflict" if the realm has one of this name, or 1,000 of them.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/claim-sets',
    scope: 'clients:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      name: claimSetName,
      description: description.default(''),
      grant: grant.describe('Grant of the set.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.claimSet,
    etag: true,
  },
  'claimSets.list': {
    summary: 'List the claim sets of a realm',
    description: 'Sorted by name.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/claim-sets',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(shapes.claimSet),
  },
  'claimSets.get': {
    summary: 'Get a claim set',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/claim-sets/{claimSet}',
    scope: 'clients:read',
    status: 200,
    params: ofClaimSet,
    output: shapes.claimSet,
    etag: true,
  },
  'claimSets.update': {
    summary: 'Change a claim set',
    description:
      'Replaces the members that are sent. The next token of every client that uses the set has the change; tokens that are out keep what they say until they expire.',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/claim-sets/{claimSet}',
    scope: 'clients:write',
    status: 200,
    params: ofClaimSet,
    body: z.strictObject({
      description: description.optional(),
      grant: grant.optional().describe('Grant of the set; replaces the one before.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.claimSet,
    etag: true,
  },
  'claimSets.delete': {
    summary: 'Delete a claim set',
    description: 'Fails with "conflict" while clients use it.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/claim-sets/{claimSet}',
    scope: 'clients:write',
    status: 200,
    params: ofClaimSet,
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
