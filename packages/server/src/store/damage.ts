// Handling of unreadable rows, such as invalid JSON after a mistake with SQL: requests that need the row get 503, because its
// content is unknown; all others are answered. A 401 would tell a client that its secret is wrong, and an empty list of scopes or
// capabilities would silently revoke what may have been granted.

import type { Log } from '../log.ts'

export interface Damage {
  readonly table: 'claim_sets' | 'clients' | 'credentials' | 'organizations' | 'requestors' | 'signing_keys'
  /** The primary key of the row. */
  readonly row: string
  readonly column: string
  readonly reason?: string
}

/** A request needs a row that cannot be read. */
export class DamagedRowError extends Error {
  override name = 'DamagedRowError'

  constructor({ table, row, column }: Damage) {
    super(`The row "${row}" of the table "${table}" cannot be read: its "${column}" is damaged`)
  }
}

/** Parses a list of texts from the store; undefined if it is not one. */
export function parseTexts(json: string): string[] | undefined {
  const value = parse(json)
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}

/** Parses flags and choices by name from the store; undefined if they are not valid. */
export function parseChoices(json: string): Record<string, boolean | string> | undefined {
  const value = parse(json)
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isRecord && Object.values(value).every((choice) => typeof choice === 'boolean' || typeof choice === 'string')
    ? (value as Record<string, boolean | string>)
    : undefined
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Called for every row that cannot be read. */
export type OnDamage = (damage: Damage) => void

export interface DamageAlarm {
  /** Counts the row, and logs it unless it was logged within the last minute: requests may need it again and again. */
  raise(damage: Damage): void
  /** Unreadable rows by table, since the start. */
  counts(): ReadonlyMap<Damage['table'], number>
}

const quietMs = 60_000
/** Above this number of rows, repeated log lines are not suppressed any more. */
const maxRemembered = 1000

export function createDamageAlarm(log: Pick<Log, 'error'>, clock: () => number): DamageAlarm {
  const counts = new Map<Damage['table'], number>()
  const loggedAt = new Map<string, number>()
  return {
    raise(damage) {
      counts.set(damage.table, (counts.get(damage.table) ?? 0) + 1)
      const key = `${damage.table} ${damage.row}`
      const now = clock()
      if (now - (loggedAt.get(key) ?? -Infinity) < quietMs) return
      if (loggedAt.size >= maxRemembered) loggedAt.clear()
      loggedAt.set(key, now)
      log.error({ damage }, 'unreadable row: requests that need it get 503 until it is repaired')
    },
    counts: () => counts,
  }
}
