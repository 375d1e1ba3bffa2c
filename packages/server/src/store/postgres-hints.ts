// NOTIFY and LISTEN: a node tells the others at once that there is something to pull. It is only a hint: its payload is empty,
// and a node that misses one pulls a second later anyway.
import { sql, type Kysely } from 'kysely'
import { Client } from 'pg'
import type { Login } from './login.ts'

const channel = 'countersign_changes'

/** An idle connection is probed this often, and opened again if it does not respond. Milliseconds. */
const heartbeatMs = 2000
const patienceMs = 2000

export interface Hints {
  /** Returns at once, and never fails. Must not run in the transaction of a change: a full queue would make that fail. */
  send(): void
  listen(callback: () => void): void
  /**
   * Usage of the NOTIFY queue at the last probe, from 0 to 1. All databases of the server share the queue, and it fills up when
   * any session listens and does not end its transaction. When it is full there are no hints.
   */
  queueUsage(): number
  close(): Promise<void>
}

/** @param db sends the hints */
export function createHints<Tables>(login: Login, db: Kysely<Tables>): Hints {
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let queueUsage = 0
  let isSending = false
  let isWanted = false

  /** A change that is committed while a hint is being sent needs one more, but any number of them only one. */
  async function send(): Promise<void> {
    isWanted = true
    if (isSending) return
    isSending = true
    while (isWanted) {
      isWanted = false
      await sql`select pg_notify(${channel}, '')`.execute(db).catch(() => {})
    }
    isSending = false
  }

  async function connect(callback: () => void): Promise<void> {
    const fresh = new Client({
      connectionString: login.url(),
      fallback_application_name: 'countersign hints',
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      keepAlive: true,
    })
    fresh.on('error', () => {})
    fresh.on('notification', callback)
    client = fresh
    await new Promise<void>((resolve, reject) =>
      login.connect(
        (done) => fresh.connect(done),
        (error) => (error ? reject(error) : resolve()),
      ),
    )
    await fresh.query(`listen ${channel}`)
    callback() // Changes may have been committed while no connection listened.
  }

  async function beat(callback: () => void): Promise<void> {
    try {
      if (client) queueUsage = await readQueueUsage(client)
      else await connect(callback)
    } catch {
      // The next heartbeat connects again.
      const broken = client
      client = undefined
      destroy(broken)
    }
    if (!isClosed) timer = setTimeout(() => void beat(callback), heartbeatMs).unref()
  }

  return {
    send: () => void send(),
    listen: (callback) => void beat(callback),
    queueUsage: () => queueUsage,
    async close() {
      isClosed = true
      clearTimeout(timer)
      destroy(client)
    },
  }
}

async function readQueueUsage(client: Client): Promise<number> {
  const { rows } = await client.query<{ usage: number }>('select pg_notification_queue_usage() as usage')
  return rows[0]?.usage ?? 0
}

/** Does not wait for a server that may hang. */
function destroy(client: Client | undefined): void {
  ;(client as unknown as { connection: { stream: { destroy(): void } } } | undefined)?.connection.stream.destroy()
}
