// Many changes of a realm in the change log, each about a client that nothing knows, faster than the admin API would make them.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { logChanges } from '../../src/store/change-log.ts'
import { openStore } from '../../src/store/store.ts'

/** Fewer than make a node forget everything instead of following one by one. */
const atOnce = 500
/** In which every node has followed. */
const pauseMs = 200

export async function logManyChanges(location: string, realm: string, count: number): Promise<void> {
  const store = await openStore(location)
  try {
    for (let logged = 0; logged < count; logged += atOnce) {
      const changes = Array.from({ length: Math.min(atOnce, count - logged) }, () => {
        const clientId = `client-${randomUUID()}`
        return { realm, organizationId: randomUUID(), what: 'client' as const, subject: clientId, clientId }
      })
      await store.transact((db) => logChanges(db, changes, Date.now()))
      store.hint()
      await pause(pauseMs)
    }
  } finally {
    await store.close()
  }
}
