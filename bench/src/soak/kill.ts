// kill -9 at random moments under admin writes and token requests: every acknowledged write is stored with its audit row, and so is
// the row of every delivered token.
import { randomUUID } from 'node:crypto'
import { AdminRequestError } from '@countersign/admin'
import { eventually } from '@countersign/server/store/processes.fixture'
import { inRealm, startServedNodes, type Credentials, type ServedNode } from './served-nodes.ts'

export interface KillOptions {
  readonly store: 'sqlite' | 'postgres'
  readonly kills: number
  /** Maximum time before the server is killed. PostgreSQL, which waits for its disk, needs longer for the same work. */
  readonly maxDelayMs: number
  /** The number of kills between two checks of the whole store; the last check is after all kills. */
  readonly killsPerCheck: number
}

export async function soakKill({ store, kills, maxDelayMs, killsPerCheck }: KillOptions, say: (progress: string) => void) {
  const served = await startServedNodes({ store, count: 1 })
  const [node] = served.nodes as [ServedNode]
  /** Acknowledged: ids of organizations by their slug, ids of tokens. */
  const organizations = new Map<string, string>()
  const tokens: string[] = []
  const losses = { changes: 0, changesWithoutEvent: 0, eventsWithoutChange: 0, tokensWithoutEvent: 0, eventsTwice: 0 }
  let events = 0
  try {
    const clients: Credentials[] = []
    for (let i = 0; i < 5; i++) clients.push(await served.aClient(`client-${i}`))
    for (let kill = 1; kill <= kills; kill++) {
      let isOver = false
      const load = Promise.all([
        ...Array.from({ length: 3 }, () => write(() => isOver)),
        ...clients.map((client) => request(client, () => isOver)),
      ])
      // Kills at random moments, of which few may come before the first change: what no change preceded would show nothing.
      if (kill === kills) await eventually('a change is acknowledged', () => organizations.size > 0)
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * maxDelayMs))
      await node.kill()
      isOver = true
      await load
      if (kill % killsPerCheck === 0 || kill === kills) await check(kill)
      else await node.start()
    }
    return {
      store,
      kills,
      longestMilliseconds: maxDelayMs,
      acknowledgedChanges: organizations.size,
      deliveredTokens: tokens.length,
      events,
      losses,
    }
  } finally {
    await served.close()
  }

  async function write(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const slug = `org-${randomUUID()}`
      try {
        const { id } = await node.admin.call('organizations.create', { params: inRealm, body: { slug, name: slug } })
        organizations.set(slug, id)
      } catch (error) {
        // A request that the kill cut off was not acknowledged; an error response would be a defect.
        if (error instanceof AdminRequestError && error.status < 500) throw error
      }
    }
  }

  async function request(client: Credentials, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { status, json } = await node.requestToken(client)
      if (status === 200) tokens.push(tokenIdOf(String(json['access_token'])))
    }
  }

  async function check(kill: number): Promise<void> {
    // The next start writes the spool that the kill left behind.
    await node.start()
    await eventually('the spool of the run before is in the store', () => node.spooled() === 0)
    await node.kill()
    const past = await served.look()
    if (past.fault !== undefined) throw new Error(`After kill ${kill} the audit log is not whole: ${past.fault}`)
    losses.changes = [...organizations].filter(([slug, id]) => past.organizations.get(slug) !== id).length
    losses.changesWithoutEvent = [...past.organizations.values()].filter((id) => !past.recordedOrganizations.has(id)).length
    const known = new Set(past.organizations.values())
    losses.eventsWithoutChange = [...past.recordedOrganizations.keys()].filter((id) => !known.has(id)).length
    losses.tokensWithoutEvent = tokens.filter((id) => !past.tokens.has(id)).length
    losses.eventsTwice = [...past.tokens.values(), ...past.recordedOrganizations.values()].filter((count) => count > 1).length
    events = past.events
    say(`kill on ${store}: ${kill} of ${kills}, ${organizations.size} changes, ${tokens.length} tokens, ${JSON.stringify(losses)}`)
    if (kill < kills) await node.start()
  }
}

function tokenIdOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string }).jti
}
