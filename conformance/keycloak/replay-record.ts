// Replays a record: every exchange that needs nothing of what Keycloak holds is sent again, and each difference is either decided or a fault.
import { differencesOf, type Difference } from './compare-answers.ts'
import { decisions, type Decision } from './decisions.ts'
import { neededImport, type RealmRecord, type RecordedExchange } from './recorded-exchange.ts'
import type { ResolvedRealm } from './resolved-realm.ts'
import { sendRecorded, type NewSecrets } from './send-recorded.ts'

export interface ReplayResult {
  readonly replayed: number
  /** Those whose answer has no difference but decided ones. */
  readonly same: number
  readonly needKey: number
  readonly needSecret: number
  readonly used: ReadonlyMap<Decision, number>
  /** A line for each difference that no decision allows. */
  readonly faults: readonly string[]
}

export async function replayRecord(url: string, { realm, exchanges }: RealmRecord, resolved: ResolvedRealm, secrets: NewSecrets) {
  const clients = new Map(realm.clients.map((client) => [client.clientId, client]))
  const counts = { replayed: 0, same: 0, needKey: 0, needSecret: 0 }
  const used = new Map<Decision, number>()
  const faults: string[] = []
  for (const exchange of exchanges) {
    const needed = neededImport(exchange, clients.get(exchange.clientId))
    if (needed !== undefined) {
      counts[needed === 'key' ? 'needKey' : 'needSecret']++
      continue
    }
    const theirs = { ...exchange.response, body: exchange.response.body ?? {}, token: exchange.token }
    const differences = differencesOf(theirs, await sendRecorded(url, exchange, secrets))
    const undecided = differences.filter((difference) => {
      const decision = decisions.find(({ field, allows }) => field === difference.field && allows({ ...difference, exchange, resolved }))
      if (decision) used.set(decision, (used.get(decision) ?? 0) + 1)
      return !decision
    })
    counts.replayed++
    if (undecided.length === 0) counts.same++
    faults.push(...undecided.map((difference) => describe(exchange, difference)))
  }
  return { ...counts, used, faults } satisfies ReplayResult
}

function describe({ realm, case: title, scope }: RecordedExchange, { field, theirs, ours }: Difference): string {
  const [their, our] = [theirs, ours].map((value) => JSON.stringify(value) ?? '(none)')
  return `${realm}: ${title}${scope === undefined ? '' : ` (scope "${scope}")`}: ${field}: Keycloak ${their}, we ${our}`
}
