// Detects a pooler that gives the statements of one client to several sessions of PostgreSQL, by what only that can cause. Session
// locks, LISTEN, prepared statements and time limits are then those of another client.
import type { ClientBase } from 'pg'

interface Session {
  readonly pid: number
  readonly mark: string | null
}

/**
 * Two connections take turns, one within a transaction: a pooler gives the other one its session, or has to give it another one than
 * before.
 * @returns why the connections have no sessions of their own; undefined if they have
 */
export async function findPoolerFault(one: ClientBase, other: ClientBase): Promise<string | undefined> {
  const first = await mark(one, 'one')
  await other.query('begin')
  const second = await mark(other, 'other')
  if (second.pid === first.pid) return 'two connections share one session'
  const seen: [found: Session, expected: Session][] = [[await identify(one), first]]
  await other.query('commit')
  await one.query('begin')
  // A pooler that takes its sessions in turn is noticed by the second of two statements.
  for (const [client, expected] of [
    [one, first],
    [other, second],
    [other, second],
    [one, first],
  ] as const)
    seen.push([await identify(client), expected])
  await one.query('commit')
  if (seen.some(([found, expected]) => found.pid !== expected.pid)) return 'the session changes between two statements'
  if (seen.some(([found, expected]) => found.mark !== expected.mark)) return 'a setting of the session is lost between two statements'
  return undefined
}

async function mark(client: ClientBase, value: string): Promise<Session> {
  await client.query(`select set_config('countersign.session', $1, false)`, [value])
  return { ...(await identify(client)), mark: value }
}

async function identify(client: ClientBase): Promise<Session> {
  const { rows } = await client.query<Session>(`select pg_backend_pid() as pid, current_setting('countersign.session', true) as mark`)
  return rows[0]!
}

/** PgBouncer's words for what it does not pass on, such as a time limit at the start of a session or a transaction in statement mode. */
export function isRefusedByPooler(error: unknown): boolean {
  return /unsupported startup parameter|pooling mode|prepared statement .* (?:does not|already) exist/.test((error as Error).message)
}

export function describePooler(reason: string): string {
  return `A pooler is in front of it, without sessions of their own for its clients (${reason}). Connect to PostgreSQL itself, or to a pooler in session mode that passes on the settings of a session.`
}
