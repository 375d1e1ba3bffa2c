// Moves the digests of secrets to the current version of the pepper: at its next use a secret is known in clear, so that its digest under the
// current version is computed with the others. Noted in memory, and written in batches together with the times of use. The secret is the
// same afterwards: there is no audit event, and no other node has to forget anything.
import { sql, type Kysely } from 'kysely'
import type { Cache } from '../cache/cache.ts'
import type { AuthenticatedClient, DigestRenewal } from '../clients/authenticate-client.ts'
import { checkName } from '../keys/ring-checks.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface DigestRenewals {
  note(authenticated: AuthenticatedClient): void
  /** Takes some of the noted ones. */
  take(count: number): readonly NotedRenewal[]
  /** After the commit: this node must not note them again. */
  applied(written: readonly NotedRenewal[]): void
  /** For the next write. */
  putBack(failed: readonly NotedRenewal[]): void
}

export interface NotedRenewal extends DigestRenewal {
  readonly secretId: string
  readonly realm: string
  readonly clientId: string
}

export function createDigestRenewals(cache: Pick<Cache, 'renewDigest'>): DigestRenewals {
  const noted = new Map<string, NotedRenewal>()
  return {
    note({ client: { realm, clientId }, credential: { id: secretId, renewal } }) {
      if (renewal) noted.set(secretId, { ...renewal, secretId, realm, clientId })
    },
    take(count) {
      const taken = [...noted.values().take(count)]
      for (const { secretId } of taken) noted.delete(secretId)
      return taken
    },
    // Also if another node was faster: the digest of a secret under a version is the same everywhere.
    applied: (written) => written.forEach((renewal) => cache.renewDigest(renewal)),
    putBack(failed) {
      for (const renewal of failed) if (!noted.has(renewal.secretId)) noted.set(renewal.secretId, renewal)
    },
  }
}

/**
 * Compare and set: a row that was deleted or renewed meanwhile stays as it is. Nothing is moved to a version that was retired since it was
 * noted.
 */
export async function writeRenewals(db: Kysely<Schema>, renewals: readonly NotedRenewal[]): Promise<void> {
  if (renewals.length === 0) return
  const bytes = sql.raw(isPostgres(db) ? 'bytea' : 'blob')
  const values = renewals.map(
    ({ secretId, secret, digest, pepperVersion }) =>
      sql`(cast(${secretId} as text), cast(${secret.digest} as ${bytes}), cast(${digest} as ${bytes}), cast(${pepperVersion} as integer))`,
  )
  await sql`with renewed (id, before, digest, version) as (values ${sql.join(values)})
    update credentials set material = renewed.digest, digest_version = renewed.version
    from renewed
    where credentials.id = renewed.id and credentials.kind = 'client_secret' and credentials.material = renewed.before
      and credentials.digest_version < renewed.version
      and exists (select 1 from settings where name = ${checkName('secret pepper', '')} || renewed.version)`.execute(db)
}
