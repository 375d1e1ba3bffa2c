// The identity provider of an organization as the store has it: its settings, and the secret of its client under the key-encryption key.
import type { Kysely, Selectable } from 'kysely'
import { currentOf } from '../keys/usable-versions.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { unwrap, wrap } from '../keys/key-wrapping.ts'
import { readChecks } from '../keys/ring-checks.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export type IdpRow = Selectable<Schema['identity_providers']>

export interface OrganizationWithIdp {
  readonly slug: string
  readonly idp: IdpRow
}

/** Of an organization that is active, unless others are asked for, by its slug; the same for one that does not exist. */
export async function findIdpOf(
  db: Kysely<Schema>,
  realm: string,
  slug: string,
  isSuspendedToo: boolean,
): Promise<OrganizationWithIdp | undefined> {
  const named = db
    .selectFrom('organizations')
    .innerJoin('identity_providers', 'organization_id', 'organizations.id')
    .selectAll('identity_providers')
    .select('slug')
    .where('realm', '=', realm)
    .where('slug', '=', slug)
  const row = await (isSuspendedToo ? named : named.where('status', '=', 'active')).executeTakeFirst()
  if (!row) return undefined
  const { slug: found, ...idp } = row
  return { slug: found, idp }
}

export function scopesOf({ requested_scopes: scopes }: Pick<IdpRow, 'requested_scopes'>): readonly string[] {
  return parseTexts(scopes) ?? []
}

/** What the encryption of the secret is bound to: it must not be sent to another issuer, by whatever row it is moved to. */
export function bindingOfIdp(row: Pick<IdpRow, 'organization_id' | 'issuer' | 'oidc_client_id'>): string {
  return JSON.stringify(['secret at an identity provider', row.organization_id, row.issuer, row.oidc_client_id])
}

/** @param db in the transaction that stores it: a node that was cut off may have a version as the current one that was retired meanwhile */
export async function wrapSecret(
  db: Kysely<Schema>,
  { versions }: KeyRing,
  row: Parameters<typeof bindingOfIdp>[0],
  secret: string,
): Promise<string> {
  const used: KeyRing = { versions, currentVersion: currentOf(versions.keys(), await readChecks(db, 'key-encryption key')) }
  return wrap(used, bindingOfIdp(row), secret)
}

/** @throws SignInRefusal `unavailable` if it was altered or moved, or this node lacks the version of the key */
export function openSecret(ring: KeyRing, row: IdpRow): string {
  try {
    return unwrap(ring, bindingOfIdp(row), row.wrapped_secret)
  } catch (cause) {
    throw new SignInRefusal('unavailable', 'idp-secret', { cause })
  }
}
