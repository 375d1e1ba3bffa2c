// Requests that guards and the server refused, and the guards that report them.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { refusal, refusalSources, refusalSummary, reportingGuard } from '../refusal-shapes.ts'
import * as shapes from '../shapes.ts'
import { inRealm } from './paths.ts'

const filters = {
  code: z
    .string()
    .regex(/^[a-z][a-z-]{0,63}$/, 'Expected a problem code such as "insufficient-scope"')
    .optional()
    .describe('Return refusals with this problem code.'),
  reason: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'Expected a reason such as "wrong-secret"')
    .optional()
    .describe('Return refusals with this reason in the audit log.'),
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
}

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
      ...filters,
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
    portal: { role: 'viewer' },
  },
  'refusals.summary': {
    summary: 'Count refused requests of a realm by reason, organization and client',
    description:
      'Counts what `refusals.list` returns, at most the 50,000 most recent of the range. In a flood, only the first of each kind and one a minute are kept; `usage.series` counts all requests to the token endpoint and all calls. Fails with "invalid-request" for more than 200 steps.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/refusal-summary',
    scope: 'audit:read',
    status: 200,
    params: inRealm,
    query: z.strictObject({
      ...filters,
      step: z.enum(['hour', 'day']).default('hour').describe('Length of a step; days are those of UTC.'),
      from: shapes.instant
        .optional()
        .describe('First instant, rounded down to a step. Default: 24 hours before "to", or 30 days for the step "day".'),
      to: shapes.instant.optional().describe('Last instant, rounded up to a step. Default: now.'),
    }),
    output: refusalSummary,
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
