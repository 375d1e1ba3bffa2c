// The setting "audit": for how long each class of audit events is kept, and what becomes of older ones.
import { z } from 'zod'
import { durationOrForever, formatDuration } from '../units.ts'

const day = 86_400
const longest = 36_500 * day

const kept = (atLeast: number) => durationOrForever({ atLeast, atMost: longest }).default('forever')

export const auditSchema = z
  .strictObject({
    keep: z
      .strictObject({
        tokens: kept(day).describe('Time for which events of issued tokens are kept, such as "90d"; at least 1d.'),
        refusals: kept(day).describe('Time for which events of denied requests are kept, such as "400d"; at least 1d.'),
        // A restore repeats the revocations since its backup: they are in the store, or in an export.
        changes: kept(30 * day).describe('Time for which events of changes are kept, such as "3650d"; at least 30d.'),
      })
      .prefault({})
      .describe('Time for which audit events are kept, by class. The default is "forever" for each.'),
    archive: z
      .string()
      .min(1, 'a folder, or "none"')
      .optional()
      .describe(
        'Folder for archives of older events, relative to this file, which must exist; or "none" to remove them without an archive. Required if an event is not kept forever.',
      ),
    retentionStore: z
      .string()
      .regex(/^(?:env:|file:|postgres(?:ql)?:\/\/).+/, '"env:" and a name, "file:" and a path, or "postgres://user@host/database"')
      .optional()
      .describe(
        'PostgreSQL URL of the same database with the login that may delete audit events, or "env:NAME" or "file:PATH"; by default the login of "store".',
      ),
  })
  .prefault({})

export type AuditSettings = z.output<typeof auditSchema>

/** What is expected of "archive", if it is missing. */
export function findRetentionFault({ keep, archive }: AuditSettings): string | undefined {
  if (archive !== undefined) return undefined
  const first = Object.entries(keep).find(([, time]) => time !== 'forever')
  if (!first) return undefined
  const [name, time] = first
  return `a folder for archives, or "none" to remove events without an archive, because "keep.${name}" is ${formatDuration(Number(time))}`
}
