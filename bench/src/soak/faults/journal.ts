// What was sent during a run, and what was answered. The checks read nothing else. Instants are milliseconds of one monotonic clock.

/** What a change makes of a right. */
export type Effect = 'granted' | 'ended'

export interface Change {
  /** Sent as the caller's request id with every attempt, so that the audit event of the change names it. */
  readonly id: string
  /** The slug of the organization that it is about. */
  readonly subject: string
  /** The kind of its audit event. */
  readonly kind: string
  /** By the names of rights. */
  readonly effects: Readonly<Record<string, Effect>>
  readonly sentAt: number
  acknowledgedAt?: number
  /** When the history ended in which it was acknowledged: a standby was promoted that lacks it. */
  lostAt?: number
  /** A definite answer other than success. */
  refusal?: string
  /** A change of the same subject was lost, so this one may have found nothing to change. */
  followsLoss?: boolean
}

export type Outcome = 'accepted' | 'refused' | 'unavailable' | 'unanswered'

export interface Call {
  /** "node 0" or "guard 0". */
  readonly place: string
  readonly what: string
  /** The names of the rights that all have to be granted; a right that no change names is granted. */
  readonly needs: readonly string[]
  readonly sentAt: number
  readonly answeredAt: number
  readonly outcome: Outcome
  /** The response in short. */
  readonly answer: string
  /** The `jti` of the token that was delivered. */
  readonly tokenId?: string
}

/** A fault, from its beginning until everything is as before. */
export interface Incident {
  readonly fault: string
  /** The place that could not answer. */
  readonly silences?: string | undefined
  /** The place that may have refused wrongly. */
  readonly misleads?: string | undefined
  readonly startedAt: number
  endedAt?: number
}

/** From when a standby missed changes, until it was promoted. */
export interface Loss {
  readonly startedAt: number
  readonly endedAt: number
}

export interface Journal {
  readonly changes: Change[]
  readonly calls: Call[]
  readonly incidents: Incident[]
  readonly losses: Loss[]
}

export const createJournal = (): Journal => ({ changes: [], calls: [], incidents: [], losses: [] })

/** The last entries around an instant, for the report of a failure. */
export function formatTail({ changes, calls, incidents }: Journal, until: number, count = 40): string {
  const entries = [
    ...incidents.flatMap(({ fault, startedAt, endedAt = Infinity }) => [
      { at: startedAt, text: `fault: ${fault}` },
      { at: endedAt, text: `healed: ${fault}` },
    ]),
    ...changes.map(({ sentAt, id, kind, acknowledgedAt, lostAt, effects }) => ({
      at: sentAt,
      text: `${id} ${kind}, acknowledged at ${acknowledgedAt?.toFixed(0)}${lostAt === undefined ? '' : ', lost'}: ${JSON.stringify(effects)}`,
    })),
    ...calls.map(({ sentAt, place, what, answer, answeredAt, needs }) => ({
      at: sentAt,
      text: `${place}: ${what} (${needs.join(', ')}) → ${answer} after ${(answeredAt - sentAt).toFixed(0)} ms`,
    })),
  ]
  return entries
    .filter(({ at }) => at <= until)
    .toSorted((one, other) => one.at - other.at)
    .slice(-count)
    .map(({ at, text }) => `${at.toFixed(0)} ${text}`)
    .join('\n')
}
