// The realms of the server: read-only, because the configuration file defines them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'

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
} as const satisfies Record<string, Operation>
