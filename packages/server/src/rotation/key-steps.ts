// Removes a key of a client, and describes its keys with the uses that are not written yet.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import type { Kysely } from 'kysely'
import { readClient } from '../cache/read-clients.ts'
import { readSecretsOf } from '../cache/read-secrets.ts'
import type { Change } from '../change/apply-change.ts'
import { beginKeyStep } from '../clients/add-keys.ts'
import { describeKeys, readKeys } from '../clients/client-keys.ts'
import { lockClient, noSuchClient } from '../clients/lock-client.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { cutTokensBefore } from '../token/token-cut.ts'
import { decideRemoval } from './key-rules.ts'
import { settingsFor } from './rotation-rules.ts'
import type { SecretUsage } from './secret-usage.ts'

export interface KeyContext {
  readonly usage: Pick<SecretUsage, 'addPending' | 'addPendingToKeys'>
}

/** @throws ProblemError `not-found` */
export async function readAndDescribeKeys(
  db: Kysely<Schema>,
  { usage }: KeyContext,
  realm: Realm,
  clientId: string,
): Promise<OperationOutput<'keys.list'>> {
  const client = await readClient(db, realm.name, clientId)
  if (!client) throw noSuchClient(realm, clientId)
  return {
    client: clientId,
    authenticationMethods: [...client.authenticationMethods] as OperationOutput<'keys.list'>['authenticationMethods'],
    keys: describeKeys(usage.addPendingToKeys(await readKeys(db, client.id))),
    version: client.version,
  }
}

/** Ends a key at once; also the address of a set, with all keys in it. Tokens stay valid, unless they are cut. */
export async function removeKey(
  change: Change<'keys.remove'>,
  { usage }: KeyContext,
  realm: Realm,
  clientId: string,
  keyId: string,
  { force, reason, cutTokens }: CheckedInput<'keys.remove'>['body'],
): Promise<void> {
  const { db, now } = change
  const client = await lockClient(change, realm, clientId)
  const keys = usage.addPendingToKeys(await beginKeyStep(change, client.id))
  const key = keys.find(({ id }) => id === keyId)
  if (!key)
    throw new ProblemError('not-found', {
      detail: `The client "${clientId}" has no key "${keyId}"; it may have been removed already.`,
      remedy: 'List the keys of the client to see their ids.',
    })
  const others = [...keys.filter(({ id }) => id !== keyId), ...usage.addPending(await readSecretsOf(db, client.id))]
  if (!force) decideRemoval(key, others, settingsFor(realm, client.access_token_lifetime), now)
  await db.deleteFrom('credentials').where('id', '=', key.id).execute()
  const tokensNotBefore = Math.max(client.tokens_not_before, cutTokensBefore(now))
  if (cutTokens) await db.updateTable('clients').set({ tokens_not_before: tokensNotBefore }).where('id', '=', client.id).execute()
  change.record({
    subject: { realm: realm.name, organizationId: client.organization_id, clientId },
    changed: 'client',
    detail: {
      publicKeyId: key.id,
      keyId: key.keyId,
      ...(key.jwksUri !== null && { jwksUri: key.jwksUri }),
      lastUsedAt: key.lastUsedAt,
      force,
      reason,
      cutTokens,
    },
  })
}
