// NOTIFY and LISTEN: a node tells the others at once that there is something to read: a change to pull, or uses of credentials that an
// operator waits for. It is only a hint: its payload is empty, and a node that misses one reads a little later anyway.
import { sql, type Kysely } from 'kysely'
import { Client } from 'pg'
import type { Login } from './login.ts'

/** What a hint can be about, each with its channel. */
const channels = { changes: 'countersign_changes', uses: 'countersign_uses' } as const
export type HintTopic = keyof typeof channels
const topics = Object.keys(channels) as HintTopic[]

/** An idle connection is probed this often, and opened again if it does not respond. Milliseconds. */
const heartbeatMs = 2000
const patienceMs = 2000

export interface Hints {
  /** Returns at once, and never fails. Must not run in the transaction of a change: a full queue would make that fail. */
  send(topic: HintTopic): void
  /** Calls back on hints of all nodes, and whenever some may have been missed. */
  listen(topic: HintTopic, callback: () => void): void
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
  let isListening = false
  const callbacks: Record<HintTopic, (() => void)[]> = { changes: [], uses: [] }
  const senders: Record<HintTopic, () => void> = { changes: createSender(db, channels.changes), uses: createSender(db, channels.uses) }

  function call(topic: HintTopic): void {
    for (const callback of callbacks[topic]) callback()
  }

  async function connect(): Promise<void> {
    const fresh = new Client({
      connectionString: login.url(),
      fallback_application_name: 'countersign hints',
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      keepAlive: true,
    })
    fresh.on('error', () => {})
    fresh.on('notification', ({ channel }) => topics.filter((topic) => channels[topic] === channel).forEach(call))
    client = fresh
    await new Promise<void>((resolve, reject) =>
      login.connect(
        (done) => fresh.connect(done),
        (error) => (error ? reject(error) : resolve()),
      ),
    )
    await fresh.query(topics.map((topic) => `listen ${channels[topic]}`).join('; '))
    topics.forEach(call) // Something may have been committed while no connection listened.
  }

  async function beat(): Promise<void> {
    try {
      if (client) queueUsage = await readQueueUsage(client)
      else await connect()
    } catch {
      // The next heartbeat connects again.
      const broken = client
      client = undefined
      destroy(broken)
    }
    if (!isClosed) timer = setTimeout(() => void beat(), heartbeatMs).unref()
  }

  return {
    send: (topic) => senders[topic](),
    listen(topic, callback) {
      callbacks[topic].push(callback)
      if (isListening) return
      isListening = true
      void beat()
    },
    queueUsage: () => queueUsage,
    async close() {
      isClosed = true
      clearTimeout(timer)
      destroy(client)
    },
  }
}

/** Something that is committed while a hint is being sent needs one more, but any number of them only one. */
function createSender<Tables>(db: Kysely<Tables>, channel: string): () => void {
  let isSending = false
  let isWanted = false
  return () => {
    isWanted = true
    if (isSending) return
    isSending = true
    void (async () => {
      while (isWanted) {
        isWanted = false
        await sql`select pg_notify(${channel}, '')`.execute(db).catch(() => {})
      }
      isSending = false
    })()
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
