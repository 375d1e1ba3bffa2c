// Operators: who may use this API. They are clients, so all but the list of them is in clients.ts.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { me } from '../standing-shapes.ts'

export const operatorOperations = {
  'me.get': {
    summary: 'Get the operator itself: its scopes and its realms',
    method: 'GET',
    path: '/admin/v1/me',
    scope: null,
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({}),
    output: me,
  },
  'operators.list': {
    summary: 'List the operators, and what each may do where',
    description:
      'Sorted by client id. Includes the clients of other realms that are operators of their realm. An operator that is limited to realms may not list operators.',
    method: 'GET',
    path: '/admin/v1/operators',
    scope: 'clients:read',
    status: 200,
    acrossRealms: 'refused',
    params: z.strictObject({}),
    query: shapes.pageQuery,
    output: shapes.page(shapes.operator),
  },
} as const satisfies Record<string, Operation>
