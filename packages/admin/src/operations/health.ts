// The health of the server, for those who run it. `/readyz` of each node says the same of that node alone, to a machine.
import { z } from 'zod'
import { health } from '../health-shapes.ts'
import type { Operation } from '../operation.ts'

export const healthOperations = {
  'health.get': {
    summary: 'Get the health of the server: its nodes, and what is to be done',
    description:
      'Returns what the checks and metrics of each node say, with the database and the keys that sign. Each warning has the next step. The response has no secret and no key.',
    method: 'GET',
    path: '/admin/v1/health',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'refused',
    params: z.strictObject({}),
    output: health,
  },
} as const satisfies Record<string, Operation>
