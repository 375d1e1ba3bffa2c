// Why the client of a guard cannot report now, with the command that repairs it.
import type { Kysely } from 'kysely'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { parseList } from '../cache/read-clients.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

type ReporterFault = NonNullable<OperationOutput<'guards.list'>['items'][number]['cannotReport']>

/** By reporter; a reporter that can report is left out. */
export async function readReporterFaults(
  db: Kysely<Schema>,
  realm: string,
  reporters: readonly string[],
): Promise<ReadonlyMap<string, ReporterFault>> {
  if (reporters.length === 0) return new Map()
  const rows = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['client_id', 'enabled', 'service_account_enabled', 'scopes', 'slug', 'status'])
    .where('clients.realm', '=', realm)
    .where('client_id', 'in', oneOf(db, reporters))
    .execute()
  const clients = new Map(rows.map((row) => [row.client_id, row]))
  const faults = reporters.map((reporter) => [reporter, faultOf(reporter, clients.get(reporter), realm)] as const)
  return new Map(faults.filter((entry): entry is [string, ReporterFault] => entry[1] !== undefined))
}

type Reporter = Pick<Schema['clients'], 'enabled' | 'service_account_enabled' | 'scopes'> & Pick<Schema['organizations'], 'slug' | 'status'>

function faultOf(reporter: string, client: Reporter | undefined, realm: string): ReporterFault | undefined {
  const run = (...words: readonly string[]) => `${['countersign', ...words, '--realm', realm].map(shellWord).join(' ')} --reason 'why'`
  if (!client) return { reason: 'client-deleted', command: null }
  if (client.status !== 'active') return { reason: 'organization-suspended', command: run('organization', 'resume', client.slug) }
  if (client.enabled !== 1) return { reason: 'client-disabled', command: run('client', 'enable', reporter) }
  if (client.service_account_enabled !== 1)
    return { reason: 'service-account-off', command: run('client', 'update', reporter, '--service-account', 'on') }
  const scopes = parseList(client.scopes)
  // The scopes of a damaged row are unknown, and must not be overwritten by a command from here.
  if (!scopes || scopes.includes('decisions:write')) return undefined
  const all = [...new Set([...scopes, 'entitlements:read', 'decisions:write'])].join(' ')
  return { reason: 'scope-missing', command: run('client', 'update', reporter, '--scope', all) }
}
