// The realms of the server. They are made in the configuration file; here they can only be looked at.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'

export const realmOperations = {
  'realms.list': {
    summary: 'List the realms with what they declare',
    method: 'GET',
    path: '/admin/v1/realms',
    scope: 'organizations:read',
    status: 200,
    params: z.strictObject({}),
    output: shapes.page(shapes.realm),
  },
} as const satisfies Record<string, Operation>
