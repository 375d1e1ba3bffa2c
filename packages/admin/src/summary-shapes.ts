// The shape of the summary of a realm: its counts, and what needs attention.
import { z } from 'zod'
import { adminScopes } from './operation.ts'
import { clientId, instant, realmName } from './shapes.ts'
import { agreementCounts, organizationReference } from './standing-shapes.ts'

const count = z.int().min(0)

const attentionKinds = [
  'rotation-cuts-off',
  'credential-ends',
  'rotation-can-end',
  'agreement-refused',
  'agreement-coming',
  'secrets-due',
  'access-request',
  'guard-cut-off',
  'guard-silent',
] as const

export const attention = z
  .strictObject({
    kind: z
      .enum(attentionKinds)
      .describe(
        '"rotation-cuts-off": the window of a rotation ends within 3 days, while the old secret is in use or before the new one was used. "credential-ends": a secret or a key expires within 14 days, and nothing takes its place. "rotation-can-end": ending the old secret is advised (`endAdvisedAt`). "agreement-refused": an organization has not accepted the required version of the agreement, and was refused in the last hour. "agreement-coming": a version becomes required within 30 days that not all have accepted. "secrets-due": secrets are due for rotation. "access-request": an integrator waits for an answer; the oldest open request. "guard-cut-off": a guard learns of no changes. "guard-silent": no process of a guard was seen for more than 90 seconds.',
      ),
    severity: z
      .enum(['bad', 'warn', 'ok'])
      .describe('"bad" if it ends within 24 hours, or if a guard is cut off; "ok" if it can be done now.'),
    organization: organizationReference.nullable(),
    client: clientId.nullable(),
    reason: z
      .enum([
        'new-unused',
        'old-in-use',
        'secret',
        'key',
        'missing',
        'outdated',
        'partner',
        'capability',
        'scope',
        'client',
        'cut-off',
        'blocked',
      ])
      .nullable()
      .describe('Cause, for the kinds that have several.'),
    api: z.string().nullable().describe('Name of the API of a guard.'),
    version: z.string().nullable().describe('Version of the agreement.'),
    since: instant.nullable(),
    until: instant.nullable(),
    count: count.nullable().describe('Number of refused requests, organizations, secrets, open access requests or processes.'),
    operation: z
      .strictObject({
        name: z.string(),
        params: z.record(z.string(), z.string()),
        query: z.record(z.string(), z.string()).optional(),
      })
      .describe('The operation that helps, or shows more, with what it needs.'),
  })
  .meta({ id: 'Attention' })

export const realmSummary = z
  .strictObject({
    realm: realmName,
    at: instant.describe('Instant of the counts. With more than 5,000 clients or organizations they may be some seconds old.'),
    counts: z.strictObject({
      organizations: count,
      clients: count.nullable(),
      rotating: count.nullable().describe('Rotations in progress: as many as `rotation.list` lists.'),
      due: count
        .nullable()
        .describe('Clients whose secret is due by its age or its expiry: as many as `clients.list` lists with "due" true.'),
      agreement: agreementCounts
        .extend({
          requiredVersion: z.string().nullable(),
          coming: z
            .strictObject({ version: z.string(), requiredFrom: instant, unaccepted: count })
            .nullable()
            .describe('The next version that becomes required.'),
        })
        .describe('The counts of `dpa.standing`.'),
      requestsOpen: count.optional().describe('Open access requests.'), // Older servers do not send it.
      refusedLastHour: count
        .nullable()
        .describe('Refused requests that are kept: as many as `refusals.list` lists from an hour ago, at most 100,000.'),
    }),
    attention: z.array(attention).describe('Sorted by severity, then the soonest first; at most 50.'),
    more: z.boolean().describe('True if there is more than that.'),
    lacking: z
      .array(z.enum(adminScopes))
      .describe('Scopes that the token lacks: what they are for is null in the counts, and left out of "attention".'),
  })
  .meta({ id: 'RealmSummary' })
