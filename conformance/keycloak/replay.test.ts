// Recorded token exchanges of a real Keycloak, sent again to a server whose clients were set up from the export through the admin API.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decisions, type Decision } from './decisions.ts'
import { isGrantDecision, readRecords, type RealmRecord } from './recorded-exchange.ts'
import { replayRecord, type ReplayResult } from './replay-record.ts'
import { startReplayServer } from './replay-server.fixture.ts'
import { resolveRealm } from './resolve-realm.ts'
import type { ResolvedRealm } from './resolved-realm.ts'
import { setUpRealm } from './set-up-realm.ts'
import { slugOf } from './unique-names.ts'

const trimmed = `${import.meta.dirname}/record`
const whole = process.env['KEYCLOAK_RECORD']

/** Only the clients of the record: the others make no difference, and there may be ten thousand. */
function resolveRecord({ realm, exchanges }: RealmRecord): ResolvedRealm {
  const recorded = new Set(exchanges.map(({ clientId }) => clientId))
  return resolveRealm({ ...realm, clients: realm.clients.filter(({ clientId }) => recorded.has(clientId)) }, publicUrlOf(exchanges))
}

/** Of the Keycloak that was recorded, for realms that do not name one. */
function publicUrlOf(exchanges: RealmRecord['exchanges']): string {
  const issuer = exchanges.map(({ token }) => token?.claims['iss']).find((iss) => typeof iss === 'string')
  return new URL(issuer ?? 'http://127.0.0.1').origin
}

interface RealmResult extends ReplayResult {
  readonly refused: readonly string[]
}

async function replayAll(folder: string, report: (line: string) => void): Promise<RealmResult[]> {
  const records = readRecords(folder).map((record) => ({ record, resolved: resolveRecord(record), name: slugOf(record.realm.realm) }))
  const server = await startReplayServer(Object.fromEntries(records.map(({ name, resolved }) => [name, resolved.settings])))
  try {
    const results: RealmResult[] = []
    for (const { record, resolved, name } of records) {
      const { realm, exchanges } = record
      const { secrets, refused } = await setUpRealm(server.admin, name, resolved, realm.clients, Math.min(...exchanges.map(({ at }) => at)))
      const result = await replayRecord(server.url, record, resolved, secrets)
      results.push({ ...result, refused })
      const granted = exchanges.filter(isGrantDecision).length
      report(
        `${name}: ${exchanges.length} exchanges, ${granted} of them with a token or a wrong scope; ${result.replayed} replayed, ${result.same} as decided or the same; ` +
          `left out: ${result.needKey} need a key, ${result.needSecret} a secret of Keycloak`,
      )
    }
    return results
  } finally {
    await server.close()
  }
}

function unused(results: readonly ReplayResult[]): readonly Decision[] {
  return decisions.filter((decision) => results.every(({ used }) => !used.has(decision)))
}

function sayUses(results: readonly ReplayResult[], report: (line: string) => void): void {
  for (const decision of decisions) {
    const uses = results.reduce((sum, { used }) => sum + (used.get(decision) ?? 0), 0)
    report(`${uses} × ${decision.field}: ${decision.reason}`)
  }
}

for (const [title, folder] of [
  ['the trimmed record', trimmed],
  ['the whole record', whole],
] as const) {
  test(
    `${title} of a Keycloak is answered as Keycloak did, but for decisions`,
    { skip: folder === undefined && 'KEYCLOAK_RECORD is not set' },
    async (context) => {
      const report = (line: string) => context.diagnostic(line)
      const results = await replayAll(folder!, report)
      assert.ok(results.length > 0, `"${folder}" has no recorded token exchange`)
      sayUses(results, report)
      assert.deepEqual(
        results.flatMap(({ refused, faults }) => [...refused, ...faults]),
        [],
      )
      // A record of another realm need not have an example of each; the trimmed one has, and is a part of the whole.
      if (folder === trimmed) assert.deepEqual(unused(results), [])
    },
  )
}
