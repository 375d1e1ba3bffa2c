// The audit log: changes, issued tokens and denied requests.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'

export const auditOperations = {
  'audit.search': {
    summary: 'Search the audit log',
    description:
      'Most recent first, unless "order" says otherwise. An operator that is limited to realms gets the events of these realms. Changes, denials by client or organization, and single requests are found by indexes. Any other search scans at most 500,000 events, so with a narrow filter a page can hold fewer items than "limit", or none, although there are more: continue until "next" is null.',
    method: 'GET',
    path: '/admin/v1/audit',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({}),
    query: shapes.pageQuery.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Maximum number of items in the page.'),
      realm: shapes.realmName.optional().describe('Return events of this realm.'),
      organization: shapes.uuid.optional().describe('Return events about the organization with this id. A slug is not accepted.'),
      client: shapes.clientId.optional().describe('Return events about this client and changes made by it.'),
      actor: shapes.clientId
        .optional()
        .describe(
          'Return changes made by this actor: the client id of an operator or client, or the name of a system component. Uses an index.',
        ),
      request: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected a request id as in the header X-Request-Id')
        .optional()
        .describe(
          'Return events of one request: the id assigned by the server (response header X-Request-Id), or the X-Request-Id that the caller sent. By the latter, issued tokens are found only if no change and no denial has it, and among the last 500,000 events; with "from", among all since then.',
        ),
      kind: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9._,-]{0,999}$/, 'Expected kinds such as "organizations.create", separated by commas')
        .refine((kinds) => kinds.split(',').length <= 50, 'Expected at most 50 kinds')
        .optional()
        .describe(
          'Return events of these kinds, separated by commas: the name of a write operation (organizations.create) or of an OAuth endpoint (token.request, token.introspection, token.revocation) or of a session in the console or the portal (session.start: sign-in; session.confirm: the secret was entered again, or a person proved again who it is; session.end: sign-out), people.join (an invitation was accepted), passkeys.add and passkeys.remove (by the person itself in the portal); "request" for requests denied at any other endpoint (denied steps of a rotation by the client itself are rotation.start, rotation.confirm and rotation.cancel); or an internal event (rotation.prove: first use of a new secret; rotation.end: window expired; signingKeys.stage, signingKeys.import, signingKeys.activate, signingKeys.retire and signingKeys.compromise: states of the signing keys of a realm; secrets.remind; store.restored; store.failover; audit.archive and audit.remove: retention removed events, after it archived them or without an archive; audit.removeName: names of persons were replaced; spool.damaged: a spool contained unreadable lines; pepper.retire, keyEncryptionKey.rewrap, keyEncryptionKey.retire: versions of these keys).',
        ),
      changes: z.enum(['true', 'false']).optional().describe('With "true", return changes only: no issued tokens and no denied requests.'),
      reason: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Expected a reason such as "wrong-secret" or "http-403"')
        .optional()
        .describe('Return denials with this `reason`, such as "wrong-secret" or "http-403".'),
      outcome: z.enum(['success', 'refused']).optional().describe('Return events with this outcome.'),
      from: shapes.instant.optional().describe('Return events at or after this instant.'),
      to: shapes.instant.optional().describe('Return events before this instant.'),
      order: z
        .enum(['newest', 'oldest'])
        .default('newest')
        .describe(
          'With "oldest" the log can be followed: events are returned once they are 30 s old (2 s on SQLite), oldest first, and each one exactly once. Events that were stored later, such as those of a spool after an outage, come as soon as they are stored, out of order. "next" is never null, unless "to" is reached: continue with it, after some seconds if "upToDate" is true. A cursor stays valid.',
        ),
    }),
    output: shapes.page(shapes.auditEvent).extend({
      upToDate: z.boolean().optional().describe('With order "oldest": whether there are no further events for now.'),
      removed: z
        .array(z.object({ class: z.string(), until: shapes.instant }))
        .optional()
        .describe(
          'On the last page, if the search reaches back to events that retention removed from the log: the classes (tokens, refusals, changes), each with the instant of its last removed event. Removed events are in archives, unless none were configured.',
        ),
    }),
  },
  'audit.get': {
    summary: 'Get an event of the audit log',
    description: 'Fails with "not-found" for an event of a realm that the operator may not act in, and for one that retention removed.',
    method: 'GET',
    path: '/admin/v1/audit/{event}',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({
      event: z
        .string()
        .regex(/^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/, 'Expected the id of an audit event')
        .meta({ description: 'Id of the event, as the search shows it.', examples: ['019bc186de00-c76940f9-00000003'] }),
    }),
    output: shapes.auditEvent,
  },
} as const satisfies Record<string, Operation>
