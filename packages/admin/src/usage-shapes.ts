// The shapes of usage: counts over time, from where credentials are used, what will end, and what a suspension would stop.
import { z } from 'zod'
import { clientId, instant, realmName, secret, slug, uuid } from './shapes.ts'

export const usageSteps = ['hour', 'day'] as const
export const usageDimensions = ['outcome', 'credential', 'client', 'route', 'organization'] as const

const count = z.int().min(0)

export const usageQuery = z.strictObject({
  step: z.enum(usageSteps).default('hour').describe('Length of a step: hours are kept for 8 days, days (UTC) for 400.'),
  from: instant.optional().describe('First instant, rounded down to a step. Default: 24 hours before "to", or 30 days for the step "day".'),
  to: instant.optional().describe('Last instant, rounded up to a step. Default: now.'),
})

export const usageSeries = z.strictObject({
  key: z
    .string()
    .nullable()
    .describe(
      'An outcome ("issued", "allowed" or a problem), the id of a credential, a client id, a route (method and template), or the id of an organization. Null for "others": the rest, and what has no such name.',
    ),
  label: z.string().describe('The key as text for people, for example "…Ab3x" for a secret or the slug of an organization.'),
  total: count,
  points: z.array(count.nullable()).describe('Number of each step of the range, in order; null for steps before anything was counted.'),
})

export const usage = z
  .strictObject({
    step: z.enum(usageSteps),
    from: instant,
    to: instant.describe('The end of the last step.'),
    countedSince: instant.nullable().describe('The first step that has counts at all; null if none has.'),
    total: count.describe('The sum of all series.'),
    totals: z.strictObject({ tokens: count, calls: count }).describe('The parts of the sum: requests to the token endpoint, and calls.'),
    series: z.array(usageSeries).describe('The largest first; at most 20, the last one "others" if there are more.'),
  })
  .meta({ id: 'Usage' })

const fromWhere = {
  address: z.string().nullable().describe('IPv4 address, or the /64 network of an IPv6 address; null for those beyond the first 32 pairs.'),
  userAgent: z.string().nullable().describe('User-Agent of the requests, at most 100 visible characters; null like the address.'),
}

export const credentialUse = z
  .strictObject({
    client: clientId,
    organization: slug.nullable().describe('Slug of the organization; null if it was deleted.'),
    credential: z.strictObject({
      id: uuid,
      kind: z.string().describe('Kind of the credential: a secret or a public key.'),
      label: z.string().nullable().describe('Last four characters of a secret, key id of a key; null for a key without one.'),
      state: z
        .enum(['current', 'new', 'old', 'ended'])
        .describe(
          '"ended" if it does not work any more; otherwise "new" or "old" for the two secrets of a client during a rotation, "current" for any other.',
        ),
      createdAt: instant.nullable().describe('Creation of the credential; null if it ended and was removed.'),
    }),
    ...fromWhere,
    firstAt: instant,
    lastAt: instant,
    count,
  })
  .meta({ id: 'CredentialUse' })

export const usedFrom = z.strictObject({ ...fromWhere, lastAt: instant, count })

export const dueSecret = z
  .strictObject({
    client: clientId,
    organization: slug,
    secret,
    reason: z
      .enum(['age', 'expires', 'window', 'rotation'])
      .describe(
        'Reason: "age" (the secret has reached the reminder age of the realm, `remindAfter`), "expires" (expires within 14 days), or the window of its rotation ends within 14 days: "window" (the new secret has not been used) or "rotation" (it has).',
      ),
    dueAt: instant,
    inUse: z
      .boolean()
      .optional() // Older servers do not send it.
      .describe('True if the secret was used of late, or if tokens issued by it may still be valid.'),
    usedFrom: z.array(usedFrom).optional().describe('The last addresses and programs that used it, at any time; at most five.'),
    usedFromTotal: count.optional().describe('Number of addresses and programs that are known to have used it.'),
  })
  .meta({ id: 'DueSecret' })

export const cutOff = z
  .strictObject({
    at: instant.describe('Instant at which it ends. Tokens that were issued before stay valid until they expire.'),
    reason: z
      .enum(['secret-expires', 'window-ends', 'key-expires', 'dpa-required'])
      .describe(
        'Reason: "secret-expires" (the secret of the client, without another credential that takes its place), "window-ends" (of a rotation, while the old secret is in use or the new one was never used), "key-expires" (the public key of the client, without another one) or "dpa-required" (a version of the Data Processing Agreement that the organization has not accepted).',
      ),
    organization: slug,
    client: clientId.nullable().describe('Null if all clients of the organization are affected.'),
    evidence: z.string().describe('Sentence that says what shows it.'),
    usedFrom: z.array(usedFrom).describe('The last addresses and programs that used the credential that ends, at any time; at most five.'),
    command: z.string().describe('The command that prevents it, or shows what to do.'),
  })
  .meta({ id: 'CutOff' })

const recent = z
  .strictObject({ lastHour: count, lastDay: count })
  .describe('Since the beginning of the previous hour, and since the beginning of the same hour a day ago.')

export const impact = z
  .strictObject({
    realm: realmName,
    organization: z.strictObject({ id: uuid, slug, name: z.string(), status: z.enum(['active', 'suspended']) }),
    since: z.strictObject({ lastHour: instant, lastDay: instant }).describe('Instants from which "lastHour" and "lastDay" count.'),
    tokens: recent.describe('Tokens issued.'),
    calls: recent.describe('Calls that guards allowed, if they report.'),
    routes: z.array(recent.extend({ route: z.string() })).describe('Calls by route, the most used first; at most 20.'),
    lastUsedAt: instant.nullable().describe('The last authentication of a client of the organization; null if none is known.'),
    tokensEndAt: instant.nullable().describe('Until then tokens of the organization may be valid; null if none is.'),
    guards: z
      .array(
        z.strictObject({
          client: clientId,
          api: z.string().nullable().describe('Name of the API, as its guard reports it; null if it reports none, or has not reported.'),
          processes: z.int().describe('Processes that reported in the last 7 days.'),
          lastSeenAt: instant.nullable().describe('Time of the last report; null if there was none.'),
        }),
      )
      .describe(
        'APIs whose guards use clients of the organization that can get tokens now: clients that report, or have the scope `entitlements:read` or `decisions:write`. After a suspension these APIs learn of no changes, and answer 503 when what they knew is too old. At most 100.',
      ),
    clients: z
      .array(
        z.strictObject({
          client: clientId,
          enabled: z.boolean().describe('False if the client is disabled, or its service account is off.'),
          tokens: recent,
          calls: recent,
          lastUsedAt: instant.nullable(),
        }),
      )
      .describe('Clients of the organization, the last used first; at most 100.'),
    clientsTotal: count,
    usedFrom: z.array(usedFrom).describe('Addresses and programs of the last day, the last first; at most 20.'),
    partners: z
      .strictObject({ total: count, list: z.array(z.strictObject({ id: uuid, name: z.string() })) })
      .describe('Partners that it acts for; the list has at most 100.'),
  })
  .meta({ id: 'Impact' })
