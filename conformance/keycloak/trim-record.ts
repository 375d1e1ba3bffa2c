// Writes the record of this folder from a whole one: one exchange of each kind, without tokens and with placeholders for secrets.
// `KEYCLOAK_RECORD=FOLDER node --conditions=@countersign/source conformance/keycloak/trim-record.ts`
import { rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { neededImport, readRecords, type RealmRecord, type RecordedExchange } from './recorded-exchange.ts'
import { withNewSecrets } from './send-recorded.ts'
import { trimExport } from './trim-export.ts'

/** What an exchange shows. */
function aspectsOf({ realm, clientId, authentication, scope, response: { status, body }, token }: RecordedExchange): string[] {
  const isUsualId = /^[\w.-]+$/.test(clientId)
  const seen = {
    realm,
    authentication,
    status,
    error: body?.['error'],
    id: isUsualId ? '' : clientId,
    case: isUsualId ? '' : authentication,
  }
  const { aud, resource_access: resourceAccess, ...claims } = token?.claims ?? {}
  const tokenAspects = token && {
    algorithm: token.header['alg'],
    headerType: token.header['typ'],
    audience: Array.isArray(aud) ? aud.length : typeof aud,
    claims: Object.keys(claims).toSorted(),
    apis: Object.keys(resourceAccess ?? {}).toSorted(),
    members: Object.keys(body ?? {}).toSorted(),
    lifetime: body?.['expires_in'],
  }
  return Object.entries({ ...seen, ...tokenAspects, scope }).map((aspect) => JSON.stringify(aspect))
}

/** Those that show something that none before shows. */
function chooseExchanges(exchanges: readonly RecordedExchange[], seen: Set<string>): RecordedExchange[] {
  return exchanges.filter((exchange) => {
    const aspects = aspectsOf(exchange)
    const isNew = aspects.some((aspect) => !seen.has(aspect))
    for (const aspect of aspects) seen.add(aspect)
    return isNew
  })
}

function trimRecord({ realm, exchanges }: RealmRecord, seen: Set<string>) {
  const clients = new Map(realm.clients.map((client) => [client.clientId, client]))
  const possible = exchanges.filter((exchange) => neededImport(exchange, clients.get(exchange.clientId)) === undefined)
  const chosen = chooseExchanges(possible, seen)
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
    ...{ kind, realm, case: title, clientId, ...(scope !== undefined && { scope }), authentication, at },
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
