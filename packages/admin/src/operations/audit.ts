// The audit log: what operators changed, which tokens were issued, and what was refused.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'

export const auditOperations = {
  'audit.search': {
    summary: 'Search the audit log, the newest first',
    description:
      'One answer looks at no more than 500,000 events. Where few of them fit, a page may hold fewer than "limit", or none, and still say "next": go on until it is null.',
    method: 'GET',
    path: '/admin/v1/audit',
    scope: 'audit:read',
    status: 200,
    params: z.strictObject({}),
    query: shapes.pageQuery.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(50).describe('How many at most.'),
      realm: shapes.realmName.optional(),
      organization: shapes.uuid.optional().describe('The id of an organization.'),
      client: shapes.clientId.optional().describe('Only what is about this client, or was done by it.'),
      actor: shapes.clientId.optional().describe('Only changes that this client made, such as an operator. Found by an index.'),
      request: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected the id of a request, as X-Request-Id says it')
        .optional()
        .describe(
          'Only events of this request: its id in X-Request-Id of the response, found at once; or the X-Request-Id that the caller sent, looked for in the whole range.',
        ),
      kind: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/, 'Expected a kind such as "organizations.create"')
        .optional()
        .describe(
          'Only events of this kind: the name of an operation, such as organizations.create; token.request, token.introspection, token.revocation; request, for refusals elsewhere; rotation.prove, rotation.end, secrets.remind, store.restored, for what happens by itself.',
        ),
      outcome: z.enum(['success', 'refused']).optional().describe('Only those that were done, or that were refused.'),
      from: shapes.instant.optional().describe('Only from this instant on.'),
      to: shapes.instant.optional().describe('Only before this instant.'),
    }),
    output: shapes.page(shapes.auditEvent),
  },
} as const satisfies Record<string, Operation>
