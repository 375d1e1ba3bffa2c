// Which secrets should be rotated: those that are old by the settings of their realm, and those that end soon. Only the newest
// of a client counts; the old one of a rotation is on its way out.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { describeSecrets, toInstant } from '../admin/describe.ts'
import type { Realm } from '../configuration/configuration.ts'
import { toSecret, type SecretRecord } from '../directory/read-organizations.ts'
import type { Schema } from '../store/schema.ts'
import type { RotationSettings } from './rotation.ts'

/** A secret that ends by itself is due this long before. Milliseconds. */
const beforeItsEnd = 14 * 86_400_000

export interface Due {
  readonly reason: 'age' | 'expires'
  readonly remindAt: number
  /** When it is old, or when it ends. */
  readonly dueAt: number
}

/** What comes first. */
export function dueOf({ createdAt, expiresAt }: SecretRecord, { remindAfter }: RotationSettings): Due {
  const oldAt = createdAt + remindAfter * 1000
  const endsSoonAt = Math.max(createdAt, (expiresAt ?? Infinity) - beforeItsEnd)
  if (expiresAt === null || oldAt < endsSoonAt) return { reason: 'age', remindAt: oldAt, dueAt: oldAt }
  return { reason: 'expires', remindAt: endsSoonAt, dueAt: expiresAt }
}

/** The secrets that are due by the settings of a realm and have not ended, with their clients, which may be of any realm. */
export function selectDueSecrets(db: Kysely<Schema>, { secretRotation }: Realm, now: number) {
  return db
    .selectFrom('client_secrets')
    .innerJoin('clients', 'clients.id', 'client_secrets.client')
    .selectAll('client_secrets')
    .select(['clients.client_id', 'clients.organization_id'])
    .where((where) =>
      where.or([
        where('client_secrets.created_at', '<=', now - secretRotation.remindAfter * 1000),
        where('client_secrets.expires_at', '<=', now + beforeItsEnd),
      ]),
    )
    .where((where) => where.or([where('client_secrets.expires_at', 'is', null), where('client_secrets.expires_at', '>', now)]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('client_secrets as newer')
            .select('newer.id')
            .whereRef('newer.client', '=', 'client_secrets.client')
            .whereRef('newer.created_at', '>', 'client_secrets.created_at'),
        ),
      ),
    )
}

/** The ids of those that can be due and were not reminded of, by two indices, whatever else there is. */
export function selectUnreminded(db: Kysely<Schema>, { secretRotation }: Realm, now: number) {
  const unreminded = db.selectFrom('client_secrets').select('id').where('reminded_at', 'is', null)
  return unreminded
    .where('created_at', '<=', now - secretRotation.remindAfter * 1000)
    .unionAll(unreminded.where('expires_at', '<=', now + beforeItsEnd))
}

/** One page of them, by client id. */
export async function listDueSecrets(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<OperationOutput<'secrets.due'>> {
  const rows = await selectDueSecrets(db, realm, now)
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select('organizations.slug')
    .where('clients.realm', '=', realm.name)
    .where('clients.client_id', '>', after ?? '')
    .orderBy('clients.client_id')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map((row) => {
    const secret = toSecret(row)
    const { reason, dueAt } = dueOf(secret, realm.secretRotation)
    return { client: row.client_id, organization: row.slug, secret: describeSecrets([secret])[0]!, reason, dueAt: toInstant(dueAt) }
  })
  return { items, next: rows.length > limit ? (items.at(-1)?.client ?? null) : null }
}
