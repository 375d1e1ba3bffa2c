// NOTIFY and LISTEN: how one server tells the others at once that there is something to pull. Only ever a hint: it carries
// nothing, and whoever misses one pulls a second later anyway.
import { sql, type Transaction } from 'kysely'
import { Client } from 'pg'

const channel = 'countersign_changes'

/** A connection that carries no traffic is asked for a sign of life, and listened on again where it gives none. Milliseconds. */
const heartbeat = 2000
const patience = 2000

export interface Hints {
  send<Tables>(transaction: Transaction<Tables>): Promise<void>
  listen(callback: () => void): void
  close(): Promise<void>
}

export function createHints(url: string): Hints {
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function connect(callback: () => void): Promise<void> {
    const fresh = new Client({
      connectionString: url,
      fallback_application_name: 'countersign hints',
      connectionTimeoutMillis: patience,
      query_timeout: patience,
      keepAlive: true,
    })
    fresh.on('error', () => {})
    fresh.on('notification', callback)
    client = fresh
    await fresh.connect()
    await fresh.query(`listen ${channel}`)
    callback() // What happened while nobody listened.
  }

  async function beat(callback: () => void): Promise<void> {
    try {
      if (client) await client.query('select 1')
      else await connect(callback)
    } catch {
      // The next beat begins anew.
      const broken = client
      client = undefined
      destroy(broken)
    }
    if (!isClosed) timer = setTimeout(() => void beat(callback), heartbeat).unref()
  }

  return {
    send: async (transaction) => void (await sql`select pg_notify(${channel}, '')`.execute(transaction)),
    listen: (callback) => void beat(callback),
    async close() {
      isClosed = true
      clearTimeout(timer)
      destroy(client)
    },
  }
}

/** Without waiting for a server that may hang. */
function destroy(client: Client | undefined): void {
  ;(client as unknown as { connection: { stream: { destroy(): void } } } | undefined)?.connection.stream.destroy()
}
