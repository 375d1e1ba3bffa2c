// Which guards have heard that a key was published. A guard that has not fetches the key set again when it meets the key, if it reaches the
// server; one that is away cannot.
import type { OperationOutput } from '@countersign/admin'
import type { SigningKey } from './key-life.ts'

export type Guard = OperationOutput<'guards.list'>['items'][number]

export interface KeyNews {
  readonly heard: readonly Guard[]
  /** They report, and what they know is older than the key. */
  readonly notYet: readonly Guard[]
  /** Stopped, or cut off from this server. */
  readonly away: readonly Guard[]
}

export function newsOf({ publishedAt, createdAt }: Pick<SigningKey, 'publishedAt' | 'createdAt'>, guards: readonly Guard[]): KeyNews {
  const since = Date.parse(publishedAt ?? createdAt)
  const isAway = ({ state }: Guard) => state === 'not-seen' || state === 'blocked'
  const hasHeard = ({ knownAsOf }: Guard) => knownAsOf !== null && Date.parse(knownAsOf) >= since
  return {
    heard: guards.filter(hasHeard),
    notYet: guards.filter((guard) => !hasHeard(guard) && !isAway(guard)),
    away: guards.filter((guard) => !hasHeard(guard) && isAway(guard)),
  }
}

/** "11 of 12 guards know it", or of none. */
export function describeNews({ heard, notYet, away }: KeyNews): string {
  const all = heard.length + notYet.length + away.length
  if (all === 0) return 'No guard reports to this realm, so it is not known which APIs know it.'
  if (heard.length === all) return all === 1 ? 'The only guard knows it.' : `All ${all} guards know it.`
  return `${heard.length} of ${all} guards know it.`
}

export function nameOfGuard({ api, reporter, guard }: Pick<Guard, 'api' | 'reporter' | 'guard'>): string {
  return `${api ?? `the API of ${reporter}`} (${guard})`
}
