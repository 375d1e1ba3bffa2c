// Why the client of a guard cannot report or ask now, with the command that repairs it, and whether it was changed just now.
import type { Kysely } from 'kysely'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { parseList } from '../cache/read-clients.ts'
import { guardScopes } from '../realms/built-in-scope.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

type ReporterFault = NonNullable<OperationOutput<'guards.list'>['items'][number]['cannotReport']>

export interface ReporterState {
  readonly cannotReport: ReporterFault | null
  /** It gets no token, or none with which its guard could hear of changes. */
  readonly isBlocked: boolean
  /** When the client or its organization was changed last. */
  readonly changedAt: number | null
}

export async function readReporters(
  db: Kysely<Schema>,
  realm: string,
  reporters: readonly string[],
): Promise<ReadonlyMap<string, ReporterState>> {
  if (reporters.length === 0) return new Map()
  const rows = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['client_id', 'enabled', 'service_account_enabled', 'scopes', 'slug', 'status'])
    .select(['clients.created_at', 'clients.updated_at as client_changed_at', 'organizations.updated_at as organization_changed_at'])
    .where('clients.realm', '=', realm)
    .where('client_id', 'in', oneOf(db, reporters))
    .execute()
  const clients = new Map(rows.map((row) => [row.client_id, row]))
  return new Map(reporters.map((reporter) => [reporter, stateOf(reporter, clients.get(reporter), realm)] as const))
}

function stateOf(reporter: string, client: Reporter | undefined, realm: string): ReporterState {
  const cannotReport = faultOf(reporter, client, realm) ?? null
  const canRead = client !== undefined && parseList(client.scopes)?.includes('entitlements:read')
  const isBlocked = cannotReport !== null && (cannotReport.reason !== 'scope-missing' || !canRead)
  return { cannotReport, isBlocked, changedAt: client ? changedAtOf(client) : null }
}

/** Null if nothing was changed since the client was created, which repairs nothing. */
function changedAtOf(client: Reporter): number | null {
  const changedAt = Math.max(client.client_changed_at, client.organization_changed_at)
  return changedAt > client.created_at ? changedAt : null
}

type Reporter = Pick<Schema['clients'], 'created_at' | 'enabled' | 'service_account_enabled' | 'scopes'> &
  Pick<Schema['organizations'], 'slug' | 'status'> & { readonly client_changed_at: number; readonly organization_changed_at: number }

function faultOf(reporter: string, client: Reporter | undefined, realm: string): ReporterFault | undefined {
  const run = (...words: readonly string[]) => `${['countersign', ...words, '--realm', realm].map(shellWord).join(' ')} --reason 'why'`
  if (!client) return { reason: 'client-deleted', command: null }
  if (client.status !== 'active') return { reason: 'organization-suspended', command: run('organization', 'resume', client.slug) }
  if (client.enabled !== 1) return { reason: 'client-disabled', command: run('client', 'enable', reporter) }
  if (client.service_account_enabled !== 1)
    return { reason: 'service-account-off', command: run('client', 'update', reporter, '--service-account', 'on') }
  const scopes = parseList(client.scopes)
  // The scopes of a damaged row are unknown, and must not be overwritten by a command from here.
  if (!scopes || guardScopes.every((scope) => scopes.includes(scope))) return undefined
  const all = [...new Set([...scopes, ...guardScopes])].join(' ')
  return { reason: 'scope-missing', command: run('client', 'update', reporter, '--scope', all) }
}
