// Requests that guards and the server refused, and the guards that report them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { refusal, refusalSources, reportingGuard } from '../refusal-shapes.ts'
import * as shapes from '../shapes.ts'
import { inRealm } from './paths.ts'

export const refusalOperations = {
  'refusals.list': {
    summary: 'List refused requests of a realm',
    description:
      'Most recent first. Refusals are kept for 30 days, and at most 1,000,000 of them. In a flood, only the first of each kind and one a minute are kept; all of them are counted.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/refusals',
    scope: 'audit:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      code: z
        .string()
        .regex(/^[a-z][a-z-]{0,63}$/, 'Expected a problem code such as "insufficient-scope"')
        .optional()
        .describe('Return refusals with this problem code.'),
      client: shapes.clientId.optional().describe('Return refusals of this client.'),
      organization: shapes.organizationKey
        .optional()
        .describe('Return refusals of this organization: its slug, or its id, also of one that was deleted.'),
      api: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected the name of an API')
        .optional()
        .describe('Return refusals of this API, by the name that its guard reports.'),
      source: z.enum(refusalSources).optional().describe('Return refusals by guards ("guard"), or at this endpoint of the server.'),
      request: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected a request id as in the header X-Request-Id')
        .optional()
        .describe(
          'Return refusals of one request: by the id in its response; if none has it, by its id in the log of the API, otherwise by the X-Request-Id that the caller sent. Uses an index.',
        ),
      from: shapes.instant.optional().describe('Return refusals at or after this instant.'),
      to: shapes.instant.optional().describe('Return refusals before this instant.'),
    }),
    output: shapes.page(refusal),
  },
  'guards.list': {
    summary: 'List the guards that report to a realm',
    description:
      'Processes of guards, most recently seen first. A process that was not seen for 7 days is left out. A guard that has not reported in that time is not listed: its version is too old, or its client has not had the scope `decisions:write`.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/guards',
    scope: 'audit:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(reportingGuard),
  },
} as const satisfies Record<string, Operation>
