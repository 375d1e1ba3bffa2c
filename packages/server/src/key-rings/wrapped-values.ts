// What the store has under the key-encryption key: private signing keys, and the secrets of the clients that identity providers have for the
// portal.
import type { Kysely } from 'kysely'
import { bindingOfIdp } from '../idp/idp-of-organization.ts'
import { bindingOf } from '../keys/signing-keys.ts'
import type { Schema } from '../store/schema.ts'

export interface WrappedValue {
  readonly realm: string
  /** Names it to people. */
  readonly name: string
  readonly binding: string
  readonly wrapped: string
  write(wrapped: string): Promise<unknown>
}

export async function readWrapped(db: Kysely<Schema>): Promise<WrappedValue[]> {
  return [...(await readKeys(db)), ...(await readSecrets(db))]
}

/** A key that is retired or compromised has no private key any more. */
async function readKeys(db: Kysely<Schema>): Promise<WrappedValue[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'realm', 'algorithm', 'wrapped_private_key'])
    .where('wrapped_private_key', '!=', '')
    .execute()
  return rows.map((row) => ({
    realm: row.realm,
    name: row.kid,
    binding: bindingOf(row),
    wrapped: row.wrapped_private_key,
    write: (wrapped) => db.updateTable('signing_keys').set({ wrapped_private_key: wrapped }).where('kid', '=', row.kid).execute(),
  }))
}

async function readSecrets(db: Kysely<Schema>): Promise<WrappedValue[]> {
  const rows = await db
    .selectFrom('identity_providers')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['organization_id', 'issuer', 'oidc_client_id', 'wrapped_secret', 'realm', 'slug'])
    .execute()
  return rows.map((row) => ({
    realm: row.realm,
    name: `identity provider of ${row.slug}`,
    binding: bindingOfIdp(row),
    wrapped: row.wrapped_secret,
    write: (wrapped) =>
      db.updateTable('identity_providers').set({ wrapped_secret: wrapped }).where('organization_id', '=', row.organization_id).execute(),
  }))
}
