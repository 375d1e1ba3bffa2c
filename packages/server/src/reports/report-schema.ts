// The report of a guard, as strict as the schema can be. The guard is a client like any other: what it says may be wrong, made up, or text
// that came from a caller.
import { z } from 'zod'
import { isVisibleText, maxClientIdLength } from '@countersign/admin'
import { decisionChecks, isLowerCaseUuid, isProblemCode, isRequestId, reportLimits, type DecisionReport } from '@countersign/protocol'
import { holdsSecret } from './clean-text.ts'

const hour = 3_600_000
const count = z.int().min(0).max(1_000_000_000_000)
const lost = z.int().min(0).max(1_000_000_000)
const instant = z.int().min(0).max(253_402_300_799_999, 'Expected an instant before the year 10000')
const code = z.string().refine(isProblemCode, 'Expected a problem code of this server')
const uuid = z.string().refine(isLowerCaseUuid, 'Expected a lower-case UUID')
const noSecret = [(text: string) => !holdsSecret(text), 'Expected a name, not a secret, a token or a key'] as const
const name = (longest: number) =>
  z
    .string()
    .regex(new RegExp(`^[\\x21-\\x7e]{1,${longest}}$`), `Expected 1 to ${longest} visible ASCII characters`)
    .refine(...noSecret)
const method = z.string().regex(/^[A-Za-z][A-Za-z-]{0,31}$/, 'Expected an HTTP method')
const route = z
  .string()
  .max(reportLimits.routeLength)
  .regex(/^[/*][\x21-\x7e]*$/, 'Expected the template of a route, such as /v1/orders/{id}')
const clientId = z
  .string()
  .max(2 * maxClientIdLength)
  .refine(isVisibleText, 'Expected a client id')
/** What came from a caller, in the end: cleaned (clean-text.ts), not refused, because the guard could only send it again. */
const text = (longest: number) => z.string().max(longest)

const requires = z.strictObject({
  scope: z.array(name(255)).max(100).optional(),
  partner: z
    .string()
    .min(1)
    .max(128)
    .refine(isVisibleText, 'Expected the name of a parameter')
    .refine(...noSecret)
    .optional(),
  capability: name(128).optional(),
  requestor: z.union([z.literal('required'), z.strictObject({ permission: name(255) })]).optional(),
  dpa: z.enum(['accepted', 'any']).optional(),
  organization: z.enum(['active', 'any']).optional(),
})

const check = z.strictObject({
  check: z.enum(decisionChecks),
  result: z.enum(['passed', 'failed', 'not-required', 'not-reached']),
  saw: text(reportLimits.sawLength).nullable(),
})

const refusal = z.strictObject({
  requestId: z.string().refine(isRequestId, 'Expected 12, 8 and 8 hexadecimal digits'),
  at: instant,
  code,
  method: method.nullable(),
  route: route.nullable(),
  clientId: clientId.nullable(),
  tokenId: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Expected 1 to 255 visible ASCII characters')
    .nullable(),
  address: text(64).nullable(),
  apiRequestId: text(256).nullable(),
  callerRequestId: text(256).nullable().optional(),
  revision: count.nullable(),
  reportOnly: z.boolean(),
  checks: z
    .array(check)
    .max(decisionChecks.length)
    .refine((all) => new Set(all.map((one) => one.check)).size === all.length, 'Expected each check once'),
  requires,
  partnerId: uuid.nullable(),
  requestorId: uuid.nullable(),
})

const decisionCount = z.strictObject({
  hour: instant.refine((at) => at % hour === 0, 'Expected the beginning of an hour'),
  clientId: clientId.nullable(),
  route: z
    .string()
    .max(reportLimits.routeLength + 33)
    .regex(/^[A-Za-z-]{1,32} [/*][\x21-\x7e]*$/, 'Expected method and template, such as GET /v1/orders/{id}')
    .nullable(),
  outcome: z.union([z.literal('allowed'), code]),
  // A day of them, from one guard at its highest rate, still fits a column.
  count: z.int().min(1).max(100_000_000),
})

export const decisionReport = z.strictObject({
  guard: z.string().regex(/^[0-9a-f]{8}$/, 'Expected 8 hexadecimal digits'),
  api: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Expected 1 to 64 letters, digits, ".", "_" or "-"')
    .refine(...noSecret)
    .nullable(),
  number: z.int().min(1),
  sentAt: instant,
  health: z.strictObject({
    mode: z.enum(['feed', 'pull']),
    connected: z.boolean(),
    revision: count.nullable(),
    knownAsOfSeconds: z.number().min(0).max(1_000_000_000).nullable(),
    reportOnlyUntil: instant.nullable(),
  }),
  routes: z
    .array(z.strictObject({ method, route, requires, reportOnlyUntil: instant.nullable() }))
    .max(reportLimits.routes)
    .optional(),
  refusals: z.array(refusal).max(reportLimits.refusals),
  counts: z.array(decisionCount).max(reportLimits.counts),
  lost: z.strictObject({ refusals: lost, counts: lost }),
})

/** The codes are those of the catalogue, which the type of the schema does not say. */
export type CheckedReport = z.output<typeof decisionReport>
export const asReport = (report: CheckedReport): DecisionReport => report as DecisionReport
