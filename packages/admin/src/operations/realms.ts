// The realms of the server: read-only, because the configuration file defines them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { found } from '../standing-shapes.ts'
import { realmSummary } from '../summary-shapes.ts'
import { inRealm } from './paths.ts'

export const realmOperations = {
  'realms.list': {
    summary: 'List the realms',
    description:
      'Returns all realms in one page, or those that the operator is limited to. Realms are defined in the configuration file, except the built-in realm `operators`, and cannot be changed by this API.',
    method: 'GET',
    path: '/admin/v1/realms',
    scope: 'organizations:read',
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({}),
    output: shapes.page(shapes.realm),
  },
  'realms.summary': {
    summary: 'Summarize a realm: its numbers, and what needs attention',
    description:
      'Numbers and troubles of clients need the scope `clients:read`, too, and those of refusals and guards `audit:read`; without them they are left out.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/summary',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    output: realmSummary,
  },
  find: {
    summary: 'Find organizations, clients and partners of a realm by id or name',
    description:
      'Ids that begin with the text come first, then ids and names that contain it, ignoring case (A to Z). Names are searched from two characters on. Clients are found with the scope `clients:read` only.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/find',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: z.strictObject({ q: shapes.searchedText.describe('Beginning of an id, or a part of a name.') }),
    output: z.strictObject({
      items: z.array(found).describe('At most 20.'),
      more: z.boolean().describe('True if there is more than that.'),
    }),
  },
} as const satisfies Record<string, Operation>
