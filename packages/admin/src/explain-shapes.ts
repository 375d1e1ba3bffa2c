// The shapes of explanations: why a request was refused, and what a token is.
import { z } from 'zod'
import * as shapes from './shapes.ts'

const check = z.strictObject({
  check: z.string().describe('Name of the check.'),
  result: z.enum(['passed', 'failed', 'not-required', 'not-reached']),
  saw: z.string().nullable().describe('Values that the check compared.'),
})
const checks = z.array(check).describe('The checks in the order in which they are made; empty if none were reported.')

const organization = z
  .strictObject({ id: z.string(), slug: z.string().nullable(), name: z.string().nullable() })
  .nullable()
  .describe('Slug and name are null for an organization that was deleted.')

const changedBy = z
  .strictObject({
    eventId: z.string().describe('Id of the audit event.'),
    at: shapes.instant,
    kind: z.string(),
    by: z
      .strictObject({
        kind: z.string(),
        id: z.string(),
        name: z.string().optional().describe('Name of a person at that time.'),
        realm: z.string().nullable(),
        via: z.string().nullable(),
      })
      .nullable(),
    reason: z.string().nullable().describe('Reason that was given for the change.'),
    requestId: z.string().nullable(),
  })
  .nullable()
  .describe('The change that made it so: the most recent one before the refusal.')

const causes = {
  changedBy,
  unchanged: z.string().nullable().describe('Reason why there is no such change; null if there is one.'),
  certain: z.boolean().describe('False if `changedBy` or the cause is only likely.'),
}

const report = z.strictObject({
  id: z.string().describe('Id of the request. Several requests may have the same id of their API or caller.'),
  source: z.string().describe('Place of the refusal, in words.'),
  reporter: z
    .string()
    .nullable()
    .describe('Client id of the guard that reported it; null for this server itself. What a guard reports is its claim.'),
  at: shapes.instant,
  code: z.string(),
})

const fixer = z
  .enum(['integrator', 'operator', 'api'])
  .describe('Party that can fix it: the integrator, an operator, or the provider of the API.')

const operation = z
  .strictObject({
    name: z.string().meta({ description: 'Name of the operation.', examples: ['organizations.resume'] }),
    params: z.record(z.string(), z.string()).describe('Members of its path.'),
    body: z.record(z.string(), z.unknown()).describe('Members of its body, as far as they are known.'),
    missing: z.array(z.string()).describe('Members of its body that an operator has to add; the reason is not among them.'),
  })
  .nullable()
  .optional() // Older servers do not send it.
  .describe('Operation of this API that does the same as `command`; null if there is no command.')

export const explanation = z
  .strictObject({
    request: z.strictObject({
      id: z.string(),
      at: shapes.instant,
      ...report.pick({ source: true, reporter: true }).shape,
      guard: z.string().nullable(),
      api: z.string().nullable(),
      route: z.string().nullable().describe('Template of the route.'),
      method: z.string().nullable(),
      realm: z.string().nullable(),
      clientId: z.string().nullable(),
      organization,
      address: z.string().nullable().describe('Address of the caller; of IPv6 the first 64 bits.'),
      apiRequestId: z.string().nullable().describe('Id of the request in the log of the API; null for the server itself.'),
      callerRequestId: z.string().nullable().describe('The X-Request-Id that the caller sent.'),
    }),
    reports: z
      .array(report)
      .describe(
        'Reports with this id, newest first; the explanation is about the first. With an id of an API or a caller these may be several requests.',
      ),
    outcome: z
      .enum(['refused', 'let-through', 'issued', 'changed'])
      .describe('"let-through" by a guard that only reports for now; "issued" and "changed" for requests that succeeded.'),
    status: z.int().nullable(),
    code: z.string().nullable().describe('Problem code.'),
    title: z.string(),
    reason: z.string().nullable().describe('Reason in the audit log, which the response did not tell.'),
    checks,
    failed: z.string().nullable().describe('The check that failed.'),
    cause: z.string(),
    ...causes,
    who: fixer.nullable(),
    remedy: z.string(),
    command: z.string().nullable().describe('Command that would change it; null if no single command does.'),
    operation,
    tell: z
      .string()
      .optional() // Older servers do not send it.
      .describe('Text for the integrator. It has only what the response told, and what to do next.'),
    now: z.strictObject({
      outcome: z.enum(['allowed', 'same', 'other', 'unknown']).describe('Result of the same request now.'),
      code: z.string().nullable(),
      detail: z.string(),
    }),
  })
  .meta({ id: 'Explanation' })

const requires = z.strictObject({
  scope: z.array(z.string().max(256)).max(50).optional().describe('Scopes that are all required.'),
  partner: z.string().max(64).optional().describe('Name of the parameter of the route that has the partner.'),
  capability: shapes.capabilityName.optional().describe('Capability that must be true.'),
  requestor: z
    .union([z.literal('required'), z.strictObject({ permission: shapes.permission })])
    .optional()
    .describe('"required" if the request must name a natural person, or the permission that this person needs.'),
  dpa: z.enum(['accepted', 'any']).optional().describe('State of the agreement that is required; "accepted" by default.'),
  organization: z.enum(['active', 'any']).optional().describe('State of the organization that is required; "active" by default.'),
})

export const tokenQuestion = z.strictObject({
  token: z.string().min(1).max(8192).describe('The access token. It is neither stored nor logged.'),
  api: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected the name of an API')
    .optional()
    .describe('Name of the API, as its guard reports it.'),
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, 'Expected a method such as GET')
    .optional()
    .describe('Method of the route.'),
  route: z
    .string()
    .regex(/^\/[\x21-\x7e]{0,255}$/, 'Expected the template of a route, such as /v1/partners/{sellerId}/orders')
    .optional()
    .describe('Template of the route to decide on.'),
  partner: shapes.uuid.optional().describe('The partner in the path.'),
  requestor: shapes.uuid.optional().describe('The natural person in the header Requestor-ID.'),
  requires: requires.optional().describe('Requirement of the route; by default the one that guards have reported.'),
})

export const tokenExplanation = z
  .strictObject({
    standing: z.enum([
      'good',
      'expired',
      'revoked',
      'cut',
      'client-disabled',
      'client-deleted',
      'not-valid-yet',
      'key-ended',
      'unknown-key',
      'altered',
      'other-issuer',
      'secret',
      'not-a-token',
    ]),
    verdict: z.string().describe('The standing in a sentence.'),
    token: z
      .strictObject({
        realm: z.string(),
        id: z.string(),
        clientId: z.string(),
        organization,
        scope: z.string().describe('Scope in the token; of it, only what the client still has counts.'),
        audience: z.array(z.string()),
        issuedAt: shapes.instant,
        expiresAt: shapes.instant,
        key: z.strictObject({ id: z.string(), algorithm: z.string(), state: z.string() }),
      })
      .nullable()
      .describe('Facts of the token; null unless its signature was verified.'),
    since: shapes.instant.nullable().describe('Beginning of this standing, if it is known.'),
    ...causes,
    who: fixer.nullable(),
    remedy: z.string(),
    command: z.string().nullable(),
    operation,
    decision: z
      .strictObject({
        api: z.string().nullable(),
        method: z.string().nullable(),
        route: z.string().nullable(),
        outcome: z.enum(['allowed', 'refused', 'unknown']),
        code: z.string().nullable(),
        detail: z.string(),
        checks,
        command: z.string().nullable(),
        operation,
      })
      .nullable()
      .describe('Answer of the route now, apart from the rate; null if no route was named.'),
  })
  .meta({ id: 'TokenExplanation' })
