// Writes the record of this folder from a whole one: one exchange of each kind, without tokens and with placeholders for secrets.
// `KEYCLOAK_RECORD=FOLDER node --conditions=@countersign/source conformance/keycloak/trim-record.ts`
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusalOf } from './client-kinds.ts'
import type { RealmExport } from './realm-export.ts'
import { neededImport, readRecords, type RealmRecord, type RecordedExchange } from './recorded-exchange.ts'
import { withNewSecrets } from './send-recorded.ts'
import { trimExport } from './trim-export.ts'

/** What an exchange shows: of the answer, of the request and of its client. */
function aspectsOf(realm: RealmExport, { clientId, authentication, scope, response: { status, body }, token }: RecordedExchange): string[] {
  const client = realm.clients.find((one) => one.clientId === clientId)
  const account = realm.users?.find(({ serviceAccountClientId }) => serviceAccountClientId === clientId)
  const { aud, resource_access: resourceAccess, ...claims } = token?.claims ?? {}
  const aspects = {
    realm: realm.realm,
    status: [status, body?.['error']],
    authentication: authentication === 'basic-raw' ? ['raw', clientId] : authentication,
    scope,
    client: client && refusalOf(client, realm),
    clientId: /^[\w.-]+$/.test(clientId) || clientId,
    cut: Math.max(client?.notBefore ?? 0, account?.notBefore ?? 0),
    account: account && account.enabled,
    algorithm: token?.header['alg'],
    headerType: token?.header['typ'],
    audience: Array.isArray(aud) ? aud.length : typeof aud,
    claims: Object.keys(claims).toSorted(),
    apis: Object.keys(resourceAccess ?? {}).toSorted(),
    members: Object.keys(body ?? {}).toSorted(),
    lifetime: body?.['expires_in'],
  }
  return Object.entries(aspects).map((aspect) => JSON.stringify(aspect))
}

/** Exchanges that together show all that is not yet in `seen`, none of which could be missed. */
function chooseExchanges(realm: RealmExport, exchanges: readonly RecordedExchange[], seen: Set<string>): RecordedExchange[] {
  const aspects = new Map(exchanges.map((exchange) => [exchange, aspectsOf(realm, exchange)]))
  const shownBy = (some: Iterable<RecordedExchange>) => [...some].flatMap((exchange) => aspects.get(exchange)!)
  const chosen = new Set<RecordedExchange>()
  for (const exchange of exchanges) {
    const shown = new Set([...seen, ...shownBy(chosen)])
    if (aspects.get(exchange)!.some((aspect) => !shown.has(aspect))) chosen.add(exchange)
  }
  for (const exchange of chosen) {
    const others = new Set([...seen, ...shownBy([...chosen].filter((other) => other !== exchange))])
    if (aspects.get(exchange)!.every((aspect) => others.has(aspect))) chosen.delete(exchange)
  }
  for (const aspect of shownBy(chosen)) seen.add(aspect)
  return [...chosen]
}

function trimRecord({ realm, exchanges }: RealmRecord, seen: Set<string>) {
  const clients = new Map(realm.clients.map((client) => [client.clientId, client]))
  const possible = exchanges.filter((exchange) => neededImport(exchange, clients.get(exchange.clientId)) === undefined)
  const chosen = chooseExchanges(realm, possible, seen)
  const placeholders = new Map<string, string>()
  const secretOf = (secret: string) => placeholders.get(secret) ?? placeholders.set(secret, `secret-${placeholders.size + 1}`).get(secret)!
  const trimmed = trimExport(realm, new Set(chosen.map(({ clientId }) => clientId)), secretOf)
  return { realm: trimmed, exchanges: chosen.map((exchange) => withoutSecrets(exchange, placeholders)) }
}

/** Whose secrets and tokens are replaced: members that an answer has are still there. */
function withoutSecrets(exchange: RecordedExchange, placeholders: ReadonlyMap<string, string>): RecordedExchange {
  const { kind, realm, case: title, clientId, scope, authentication, at, response, token } = exchange
  const body = Object.entries(response.body ?? {}).map(([name, value]) => [name, name.endsWith('_token') ? 'removed' : value] as const)
  return {
    kind,
    realm,
    case: title,
    clientId,
    ...(scope !== undefined && { scope }),
    authentication,
    at,
    request: withNewSecrets(exchange, placeholders),
    response: { status: response.status, body: Object.fromEntries(body) },
    ...(token && { token: { header: token.header, claims: token.claims } }),
  }
}

const folder = process.env['KEYCLOAK_RECORD']
if (folder === undefined) throw new TypeError('KEYCLOAK_RECORD must name the folder of a record')
const target = join(import.meta.dirname, 'record')
rmSync(target, { recursive: true, force: true })
mkdirSync(target)
const seen = new Set<string>()
for (const record of readRecords(folder).toSorted((a, b) => b.exchanges.length - a.exchanges.length)) {
  const { realm, exchanges } = trimRecord(record, seen)
  writeFileSync(join(target, `${realm.realm}.json`), JSON.stringify(realm))
  writeFileSync(join(target, `recorded-${realm.realm}.jsonl`), exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(''))
  console.log(`${realm.realm}: ${exchanges.length} exchanges of ${realm.clients.length} clients`)
}
