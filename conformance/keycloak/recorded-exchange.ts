// Recorded token exchanges of a Keycloak: which lines of a record they are, and which of them can be repeated with secrets of our own.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRealmExport, type ExportedClient, type RealmExport } from './realm-export.ts'

export interface RecordedExchange {
  readonly kind: string
  readonly realm: string
  readonly case: string
  readonly clientId: string
  readonly scope?: string
  /** `post`, `basic` (form-encoded), `basic-raw`, `jwt`, `mtls` or `none`. */
  readonly authentication: string
  /** Seconds since the epoch. */
  readonly at: number
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly clientCertificate?: string
  }
  readonly response: { readonly status: number; readonly body: Readonly<Record<string, unknown>> | null }
  readonly token?: DecodedToken
}

export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

export interface RealmRecord {
  readonly realm: RealmExport
  /** Every token request over a plain connection: a client certificate ends at the proxy. */
  readonly exchanges: readonly RecordedExchange[]
}

/** Reads all records of a folder: lines of JSON in `*.jsonl`, and beside them the export of each realm. */
export function readRecords(folder: string): RealmRecord[] {
  const lines = globSync('*.jsonl', { cwd: folder })
    .toSorted()
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean))
  const exchanges = lines.map((line) => JSON.parse(line) as RecordedExchange).filter(isTokenExchange)
  return [...Map.groupBy(exchanges, ({ realm }) => realm)].map(([realm, exchanges]) => ({ realm: readExportOf(folder, realm), exchanges }))
}

function isTokenExchange({ kind, request }: RecordedExchange): boolean {
  return kind === 'token' && request.clientCertificate === undefined
}

/** Usually `<realm>.json` or `<realm>.json.gz`; else the file that says that it is of the realm. */
function readExportOf(folder: string, realm: string): RealmExport {
  const files = globSync(['*.json', '*.json.gz'], { cwd: folder }).toSorted(
    (a, b) => Number(b.startsWith(realm)) - Number(a.startsWith(realm)),
  )
  for (const file of files) {
    const found = readRealmExport(join(folder, file))
    if (found.realm === realm) return found
  }
  throw new TypeError(`"${folder}" has exchanges of the realm "${realm}", but no export of it`)
}

/** Why an exchange cannot be repeated without importing what Keycloak holds; `undefined` if it can. */
export function neededImport({ authentication }: RecordedExchange, client: ExportedClient | undefined): 'key' | 'secret' | undefined {
  if (authentication === 'jwt' || client?.clientAuthenticatorType === 'client-jwt') return 'key'
  // Raw in the header, the answer depends on the characters of the secret, and those of our secrets need no encoding.
  const secret = client?.secret ?? ''
  return authentication === 'basic-raw' && encodeURIComponent(secret) !== secret ? 'secret' : undefined
}

/** Whether Keycloak could grant: it answered with a token, or that a scope is wrong. */
export function isGrantDecision({ response: { status, body } }: RecordedExchange): boolean {
  return status === 200 || body?.['error'] === 'invalid_scope'
}
