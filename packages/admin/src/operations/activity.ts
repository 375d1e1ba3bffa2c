// What happened to an organization, in terms that its integrator may read.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { ofOrganization } from './paths.ts'

const activity = z
  .strictObject({
    at: shapes.instant,
    kind: z.string().meta({ description: 'Kind of the audit event.', examples: ['partners.authorize'] }),
    by: z
      .enum(['you', 'colleague', 'client', 'provider'])
      .describe(
        'Party that did it: the person who asks, another person of the organization, a client of the organization by itself, or the provider: an operator, or the server by time.',
      ),
    name: z
      .string()
      .optional()
      .describe('Name of the person or id of the client; of an operator only for operators. Absent if a person was removed.'),
    client: z.string().optional().describe('Client that it was done to.'),
    detail: z
      .record(z.string(), z.unknown())
      .describe('Facts, such as the partner, the version or the end of a window. Reasons are left out.'),
  })
  .meta({ id: 'Activity' })

export const activityOperations = {
  'activity.list': {
    summary: 'List the changes of an organization as its integrator sees them',
    description:
      'Most recent first, from the audit log. A page can hold fewer items than "limit", or none, although there are more: continue until "next" is null.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/activity',
    scope: 'audit:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(activity),
    portal: { role: 'viewer' },
  },
} as const satisfies Record<string, Operation>
