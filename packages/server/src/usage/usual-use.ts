// How often secrets were used in the day before their last use, by the counts of token requests. A secret that was used every 20 minutes is not
// out of use because it is quiet for six.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { sumOfCounts } from './sum-usage.ts'
import { dayMs, hourMs } from './usage-steps.ts'

/** Milliseconds. */
export interface UsualUse {
  /** Between two uses, on average. */
  readonly gap: number
  /** The longest time without a use, also over midnight, with the hour of each end; 0 if there was a use in each hour. */
  readonly longestPause: number
}

export interface SecretInUse {
  /** As callers name it. */
  readonly clientId: string
  readonly secretId: string
}

/** Secrets that are unused for longer are quiet by any measure. */
const lookedBackMs = 4 * dayMs

/** By the id of the secret. Without those that were not used, or only once. */
export async function readUsualUses(
  db: Kysely<Schema>,
  realm: string,
  secrets: readonly SecretInUse[],
  now: number,
): Promise<ReadonlyMap<string, UsualUse>> {
  if (secrets.length === 0) return new Map()
  const ids = secrets.map(({ secretId }) => secretId)
  const clients = [...new Set(secrets.map(({ clientId }) => clientId))]
  const hours = await db
    .selectFrom('usage')
    .innerJoin('credentials', 'credentials.id', 'usage.subject')
    .select(['usage.subject', 'usage.start', 'credentials.first_used_at', 'credentials.last_used_at'])
    .select(sumOfCounts.as('count'))
    .where('usage.realm', '=', realm)
    .where('usage.client_id', 'in', oneOf(db, clients))
    .where('usage.step', '=', 'hour')
    .where('usage.start', '>', now - lookedBackMs)
    .where('usage.what', '=', 'token')
    .where('credentials.id', 'in', oneOf(db, ids))
    .where(sql<boolean>`usage.start > credentials.last_used_at - ${sql.lit(dayMs)}`)
    .groupBy(['usage.subject', 'usage.start', 'credentials.first_used_at', 'credentials.last_used_at'])
    .orderBy('usage.start')
    .execute()
  const found = [...Map.groupBy(hours, ({ subject }) => subject)].flatMap(([id, ofSecret]) => {
    const { first_used_at: firstAt, last_used_at: lastAt } = ofSecret[0]!
    const counts = ofSecret.map(({ start, count }) => ({ start: Number(start), count: Number(count) }))
    const usual = firstAt === null || lastAt === null ? undefined : describeUse(counts, Number(firstAt), Number(lastAt))
    return usual ? [[id, usual] as const] : []
  })
  return new Map(found)
}

/**
 * @param hours with uses, in the day before the last one, in order
 * @returns undefined for a secret that was used once
 */
export function describeUse(
  hours: readonly { readonly start: number; readonly count: number }[],
  firstAt: number,
  lastAt: number,
): UsualUse | undefined {
  const [first, last] = [hours[0], hours.at(-1)]
  const count = hours.reduce((sum, hour) => sum + hour.count, 0)
  if (!first || !last || lastAt <= firstAt) return undefined
  const isOld = firstAt <= lastAt - dayMs
  if (!isOld && count < 2) return undefined
  const pauses = hours.slice(1).map(({ start }, index) => start - hours[index]!.start)
  // What comes each night is quiet until the next one.
  if (isOld) pauses.push(first.start + dayMs - last.start)
  const longest = Math.max(0, ...pauses)
  return { gap: isOld ? dayMs / count : (lastAt - firstAt) / (count - 1), longestPause: longest > hourMs ? longest + hourMs : 0 }
}
