// The shapes of refused requests, and of the guards that report them.
import { z } from 'zod'
import { decisionChecks } from '@countersign/protocol'
import { clientId, instant } from './shapes.ts'

/** `guard`, and the endpoints of the server. */
export const refusalSources = [
  'guard',
  'token',
  'introspection',
  'revocation',
  'me',
  'entitlement',
  'changes',
  'decisions',
  'evaluation',
  'admin',
] as const

export const refusal = z
  .strictObject({
    requestId: z.string().describe('Request id in the response: made by the guard, or by the server.'),
    at: instant,
    source: z.string().describe('"guard", or the kind of endpoint of the server: "token", "me", "admin" and so on.'),
    reporter: clientId.nullable().describe('Client of the guard that reported it; null for the server itself.'),
    guard: z.string().nullable().describe('Process of the guard.'),
    api: z.string().nullable().describe('Name of the API, as its guard reports it.'),
    method: z.string().nullable(),
    route: z.string().nullable().describe('Template of the route.'),
    code: z.string().meta({ description: 'Problem code.', examples: ['insufficient-scope'] }),
    reason: z.string().nullable().describe('Reason in the audit log, if it is more precise than the response was.'),
    organizationId: z.string().nullable(),
    clientId: z.string().nullable().describe('Client of the token; or the client that the request named, if it did not authenticate.'),
    isVerified: z.boolean().describe('True if token or credentials were verified as those of the client.'),
    address: z.string().nullable().describe('Address of the caller; of IPv6 the first 64 bits.'),
    apiRequestId: z.string().nullable().describe('Id of the request in the log of the API; null for the server itself.'),
    callerRequestId: z.string().nullable().describe('The X-Request-Id that the caller sent.'),
    failed: z
      .strictObject({ check: z.enum(decisionChecks), saw: z.string().nullable() })
      .nullable()
      .describe('The check that failed or could not be made, and what it saw; null if nothing was checked.'),
    reportOnly: z.boolean().describe('True if the guard only reported the request, and let it through.'),
  })
  .meta({ id: 'Refusal' })

const count = z.int().min(0)
const points = z.array(count).describe('Number of each step of the range, in order.')

/** Of one problem, and of the reason in the audit log where it is more precise. */
const refusalReason = {
  code: z.string().meta({ description: 'Problem code.', examples: ['insufficient-scope'] }),
  reason: z.string().nullable().describe('Reason in the audit log, if it is more precise than the response was.'),
  title: z.string().describe('The problem in words.'),
  count,
  letThrough: count.describe('Number of these that a guard only reported, and let through.'),
  points,
}

export const refusalSummary = z
  .strictObject({
    step: z.enum(['hour', 'day']),
    from: instant,
    to: instant.describe('End of the last step.'),
    countedFrom: instant.describe(
      'Refusals before this instant were not counted, because there are more than 50,000 since; otherwise "from".',
    ),
    total: count,
    reasons: z.array(z.strictObject(refusalReason)).describe('Reasons, the most frequent first; at most 50.'),
    groups: z
      .array(
        z.strictObject({
          ...refusalReason,
          organization: z
            .strictObject({ id: z.string(), slug: z.string().nullable(), name: z.string().nullable() })
            .nullable()
            .describe('Slug and name are null for an organization that was deleted; null if no organization is known.'),
          clientId: z.string().nullable().describe('Client of the token, or the client that the request named; null if none is known.'),
          who: z.enum(['integrator', 'operator', 'api']).describe('Party that can usually fix it; an explanation of one request is exact.'),
          firstAt: instant,
          lastAt: instant,
          address: z.string().nullable().describe('Address of all of them; null for several, or none.'),
        }),
      )
      .describe('Groups by reason, organization and client, the most frequent first; at most 50.'),
    others: count.describe('Number of refusals that are in none of the groups.'),
  })
  .meta({ id: 'RefusalSummary' })

export const reportingGuard = z
  .strictObject({
    reporter: clientId.describe('Client of the guard.'),
    guard: z.string().describe('Process of the guard: random, new at each start.'),
    api: z.string().nullable().describe('Name of the API.'),
    version: z.string().nullable().describe('Version of the guard; null for one that does not say it: an earlier version.'),
    state: z
      .enum(['connected', 'late', 'cut-off', 'not-seen', 'blocked'])
      .describe(
        '"connected": it knows what changes. "late": it did when it reported last, but no report came for more than 35 seconds, and one is due every 30. "cut-off": it reports, but learns of no changes. "not-seen": no report for more than 90 seconds, because it was stopped or cannot reach the server. "blocked": its client gets no tokens any more, or none with the scope `entitlements:read`, so that it learns of no changes, whatever it said in its last report; `cannotReport` says why.',
      ),
    mode: z.enum(['feed', 'pull']).describe('Method by which the guard learns of changes.'),
    firstSeenAt: instant,
    seenAt: instant.describe('Time of its last report.'),
    seenSecondsAgo: z.int().describe('Seconds since its last report, by the clock of the server.'),
    knownAsOf: instant.nullable().describe('Instant up to which it knew of changes, by its last report; null if it knew nothing yet.'),
    lagSeconds: z.number().nullable().describe('Age of what it knew when it reported, in seconds.'),
    revision: z.int().nullable().describe('Number of the last change that it knew.'),
    revisionsBehind: z
      .int()
      .nullable()
      .describe(
        'Number of changes that the server has made since, in all realms; null for a guard that is "connected", because it learns of changes between its reports.',
      ),
    refusedLastHour: z
      .int()
      .describe('Number of requests that it reported as refused in the last hour, as far as they are kept: in a flood only a sample is.'),
    reportOnlyUntil: instant.nullable().describe('Until then it only reports what it would refuse.'),
    routes: z.int().describe('Number of routes that it guards, together with other processes of the API.'),
    reportOnlyRoutes: z.int().describe('Number of these routes that only report now.'),
    cannotReport: z
      .strictObject({
        reason: z
          .enum(['scope-missing', 'client-disabled', 'service-account-off', 'organization-suspended', 'client-deleted'])
          .describe(
            '"scope-missing": the client lacks `decisions:write` or `entitlements:read`; with the latter the guard still learns of changes.',
          ),
        command: z.string().nullable().describe('The command that repairs it; null if the client was deleted.'),
      })
      .nullable()
      .describe('Reason why the client of the guard cannot report, or learn of changes, now; null if it can do both.'),
    clientChangedSecondsAgo: z
      .int()
      .nullable()
      .describe(
        'Seconds since the client of the guard, or its organization, was changed, if that was in the last two minutes: a guard whose client was repaired may take that long to ask again. Null otherwise.',
      ),
    lost: z
      .strictObject({ refusals: z.int(), counts: z.int() })
      .describe('Number of refusals and counts that the process could not report.'),
  })
  .meta({ id: 'ReportingGuard' })
