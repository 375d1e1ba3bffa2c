// The shapes of the health of the server: its nodes, its database, the keys that sign, and what is to be done.
import { z } from 'zod'
import { instant, realmName } from './shapes.ts'

const count = z.int().min(0)
const texts = z.record(z.string(), z.string())

/** What a node says of itself; the others know only what it has stored. Unknown members, of a node of another version, are left out. */
export const nodeReport = z.object({
  reasons: texts.describe('Checks that fail, by name: why the node gets no requests.'),
  warnings: texts.describe('Conditions that may become reasons, by name.'),
  clockDifferenceSeconds: z.number().nullable(),
  pullAgeSeconds: z.number().nullable(),
  eventLoopLagSeconds: z.number(),
  damagedReads: count,
  audit: z.object({
    waiting: count,
    sealAgeSeconds: z.number(),
    spool: z.object({ inUse: z.boolean(), events: count, bytes: count, damagedFiles: count }).nullable(),
  }),
})
export type NodeReport = z.output<typeof nodeReport>

export const healthWarning = z
  .strictObject({
    kind: z
      .string()
      .describe(
        'The check that found it: its name at `/readyz` of the operations listener, such as "store", "clock", "audit-spool" or "signing-key-reserve"; or "node-silent", "node-of-other-version", "audit-cut" or "damaged-rows".',
      ),
    severity: z.enum(['bad', 'warn']).describe('"bad" if a node gets no requests because of it, or if data was altered or damaged.'),
    node: z.string().nullable().describe('The node that it is about; null for the store.'),
    fact: z.string().describe('Sentence that says what is so.'),
    remedy: z.string().describe('Sentence with the next step.'),
    command: z.string().nullable().describe('The command that repairs it, or shows more.'),
  })
  .meta({ id: 'HealthWarning' })

const nodeOfHealth = z
  .strictObject({
    node: z.string().describe('Name of the node, as in its request ids.'),
    answering: z.boolean().describe('True for the node that answered this request.'),
    host: z.string().nullable().describe('Name of its machine.'),
    version: z.string().nullable().describe('Version of the server; null for a node that does not say it: one of an earlier version.'),
    startedAt: instant.nullable(),
    seenAt: instant.describe('Time at which the node last said how it is, which it does every 10 seconds.'),
    seenSecondsAgo: count,
    ready: z.boolean().nullable().describe('True if it gets requests; null if that is not known.'),
    clockDifferenceSeconds: z
      .number()
      .nullable()
      .describe("Seconds by which the clock of the database is ahead of the node's; null without a database server."),
    pullAgeSeconds: z
      .number()
      .nullable()
      .describe('Seconds since it last read the change log; null if that is not known, and on SQLite, where no other node makes changes.'),
    eventLoopLagSeconds: z.number().nullable(),
    audit: z
      .strictObject({
        waiting: count.describe('Audit events that are not on disk yet.'),
        sealAgeSeconds: z.number().describe('Seconds since the node last sealed the audit log.'),
        spool: z
          .strictObject({
            inUse: z.boolean().describe('True while audit events are written to the spool, because the store is away.'),
            events: count.describe('Events that wait in it for the store.'),
            bytes: count,
            damagedFiles: count,
          })
          .nullable()
          .describe('Audit events on the disk of the node; null on SQLite, which needs none.'),
      })
      .nullable(),
  })
  .meta({ id: 'NodeOfHealth' })

const signingKeyOfHealth = z.strictObject({
  realm: realmName,
  algorithm: z.string(),
  keyId: z.string(),
  activatedAt: instant.describe('Time since which it signs.'),
  reserves: count.describe('Staged keys that can take its place.'),
  overdue: z.boolean().describe('True if it should have been replaced long ago. It signs on.'),
})

export const health = z
  .strictObject({
    at: instant,
    state: z.enum(['ok', 'warn', 'bad']).describe('Severity of the worst warning; "ok" without any.'),
    warnings: z.array(healthWarning).describe('The worst first; at most 100.'),
    nodes: z.array(nodeOfHealth).describe('First the node that answers; those that ended without a word stay for 15 minutes.'),
    database: z.strictObject({
      kind: z.enum(['sqlite', 'postgres']),
      version: z.string(),
      migration: z.string().describe('The last change of the schema.'),
      sizeBytes: count,
      revision: count.describe('Number of the last change.'),
    }),
    signingKeys: z.array(signingKeyOfHealth).describe('The keys that sign: overdue ones first, then the oldest; at most 100.'),
    moreSigningKeys: count.describe('Number of keys that sign and are not listed.'),
  })
  .meta({ id: 'Health' })
