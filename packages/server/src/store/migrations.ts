// All migrations, oldest first. A released migration is never edited; a change of the schema is a new one.
import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { columnTypes } from './dialects.ts'
import { lifeOfAClient } from './migration-002.ts'
import { rotation } from './migration-003.ts'
import { histories } from './migration-004.ts'
import { rotationOrigin } from './migration-005.ts'
import { endsOfTokens } from './migration-006.ts'
import { audit } from './migration-007.ts'
import { credentials } from './migration-008.ts'
import { owners } from './migration-009.ts'
import { changeLog } from './migration-010.ts'
import { clientOfChange } from './migration-011.ts'
import { nodeClocks } from './migration-012.ts'
import { grants } from './migration-013.ts'
import { clientKeys } from './migration-014.ts'
import { operatorsOfRealms } from './migration-015.ts'
import { algorithmByClient } from './migration-016.ts'
import { signingKeyStates } from './migration-017.ts'
import { keyRingsOfNodes } from './migration-018.ts'
import { reports } from './migration-019.ts'
import { auditPieces } from './migration-020.ts'
import { auditSearch } from './migration-021.ts'
import { idsOfApis } from './migration-022.ts'
import { sessions } from './migration-023.ts'
import { people } from './migration-024.ts'
import { identityProviders } from './migration-025.ts'
import { searchIndexes } from './migration-026.ts'

export const migrations: Record<string, Migration> = {
  '001-main-job': { up: mainJob },
  '002-life-of-a-client': { up: lifeOfAClient },
  '003-rotation': { up: rotation },
  '004-histories': { up: histories },
  '005-rotation-origin': { up: rotationOrigin },
  '006-ends-of-tokens': { up: endsOfTokens },
  '007-audit': { up: audit },
  '008-credentials': { up: credentials },
  '009-owners': { up: owners },
  '010-change-log': { up: changeLog },
  '011-client-of-change': { up: clientOfChange },
  '012-node-clocks': { up: nodeClocks },
  '013-grants': { up: grants },
  '014-client-keys': { up: clientKeys },
  '015-operators-of-realms': { up: operatorsOfRealms },
  '016-algorithm-by-client': { up: algorithmByClient },
  '017-signing-key-states': { up: signingKeyStates },
  '018-key-rings-of-nodes': { up: keyRingsOfNodes },
  '019-reports': { up: reports },
  '020-audit-pieces': { up: auditPieces },
  '021-audit-search': { up: auditSearch },
  '022-ids-of-apis': { up: idsOfApis },
  '023-sessions': { up: sessions },
  '024-people': { up: people },
  '025-identity-providers': { up: identityProviders },
  '026-search-indexes': { up: searchIndexes },
}

async function mainJob(db: Kysely<unknown>): Promise<void> {
  const { text, bytes, sequence, counted } = columnTypes(db)
  await db.schema
    .createTable('settings')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('value', text, (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('organizations')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('slug', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull().check(sql`status in ('active', 'suspended')`))
    .addColumn('capabilities', text, (column) => column.notNull())
    .addColumn('tokens_not_before', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('organizations_slug', ['realm', 'slug'])
    .execute()

  await db.schema
    .createTable('partners')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('partner_authorizations')
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('partner_id', text, (column) => column.notNull().references('partners.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('partner_authorizations_key', ['organization_id', 'partner_id'])
    .execute()

  await db.schema
    .createTable('dpa_acceptances')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('accepted_by', text, (column) => column.notNull())
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('dpa_acceptances_organization').on('dpa_acceptances').column('organization_id').execute()

  await db.schema
    .createTable('requestors')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('permissions', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('requestors_organization').on('requestors').column('organization_id').execute()

  await db.schema
    .createTable('clients')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('service_account_enabled', 'integer', (column) => column.notNull())
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('access_token_lifetime', 'integer')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('clients_client_id', ['realm', 'client_id'])
    .execute()
  await db.schema.createIndex('clients_organization').on('clients').column('organization_id').execute()

  await db.schema
    .createTable('client_secrets')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('client', text, (column) => column.notNull().references('clients.id').onDelete('cascade'))
    .addColumn('digest', bytes, (column) => column.notNull())
    .addColumn('pepper_version', 'integer', (column) => column.notNull())
    .addColumn('last_four', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .execute()
  await db.schema.createIndex('client_secrets_client').on('client_secrets').column('client').execute()

  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', text, (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('algorithm', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('wrapped_private_key', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('revoked_tokens')
    .addColumn('token_id', text, (column) => column.notNull())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('revoked_tokens_key', ['realm', 'token_id'])
    .execute()

  await db.schema
    .createTable('audit_events')
    .addColumn('sequence', sequence, counted)
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('outcome', text, (column) => column.notNull())
    .addColumn('reason', text)
    .addColumn('realm', text)
    .addColumn('organization_id', text)
    .addColumn('client_id', text)
    .addColumn('address', text)
    .addColumn('request_id', text)
    .addColumn('detail', text, (column) => column.notNull())
    .execute()
}
