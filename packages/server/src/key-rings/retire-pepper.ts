// Retires a version of the pepper: from then on no server needs it. Refused while anything depends on it, because nothing could be checked
// under it afterwards.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { readChecks, removeCheck } from '../keys/ring-checks.ts'
import { refuseWithoutOwner } from '../operators/protect-operators.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { revokeSecret, type RotationContext } from '../rotation/rotation-steps.ts'
import { hasSeals, selectUsableSecrets } from './pepper-state.ts'
import { refuseCurrent } from './refuse-current.ts'

/** Each takes several statements, and all other changes wait meanwhile. */
const maxEnded = 200

type Context = RotationContext & { readonly realms: ReadonlyMap<string, Realm> }

/** @throws ProblemError `conflict` */
export async function retirePepper(
  change: Change,
  context: Context,
  version: number,
  { force, reason }: CheckedInput<'pepper.retire'>['body'],
): Promise<OperationOutput<'pepper.retire'>> {
  const { db } = change
  const needed = await readChecks(db, 'secret pepper')
  refuseCurrent('pepper', needed, version)
  if (!needed.has(version)) {
    change.recordNothing()
    return { keyVersion: version, retired: true, ended: [], remaining: 0 }
  }
  if (await hasSeals(db, version)) throw auditLogNeedsIt(version)
  if (!force) await refuseUsed(change, version)
  const ended = force ? await endSecrets(change, context, version, reason ?? '') : []
  const remaining = await countUsable(change, version)
  const isDone = remaining.secrets === 0
  if (isDone) {
    // What is left has expired.
    await db.deleteFrom('credentials').where('kind', '=', 'client_secret').where('digest_version', '=', version).execute()
    await removeCheck(db, 'secret pepper', version)
  }
  change.record({
    kind: 'pepper.retire',
    subject: { realm: operatorsRealmName },
    changed: 'nothing',
    detail: { pepperVersion: version, retired: isDone, endedSecrets: ended.length, force, reason },
  })
  return { keyVersion: version, retired: isDone, ended, remaining: remaining.secrets }
}

async function countUsable({ db, now }: Change, version: number): Promise<{ secrets: number; clients: number }> {
  return selectUsableSecrets(db, version, now)
    .select(({ fn }) => [fn.countAll<number>().as('secrets'), fn.count<number>('credentials.client').distinct().as('clients')])
    .executeTakeFirstOrThrow()
}

async function refuseUsed(change: Change, version: number): Promise<void> {
  const { secrets, clients } = await countUsable(change, version)
  if (secrets === 0) return
  throw new ProblemError('conflict', {
    detail: `${secrets === 1 ? '1 secret' : `${secrets} secrets`} of ${clients === 1 ? '1 client' : `${clients} clients`} can be checked only with version ${version} of the pepper.`,
    remedy: `A secret moves to the current version at its next use, within seconds. "countersign pepper clients ${version}" lists the clients; "countersign pepper retire ${version} --force --reason ..." ends their secrets.`,
  })
}

function auditLogNeedsIt(version: number): ProblemError {
  return new ProblemError('conflict', {
    detail: `The audit log has events that were written without an audit key. They can be verified only with version ${version} of the pepper.`,
    remedy: `Keep the version. With "auditKey" in the configuration of every server, later events do not depend on the pepper, so that later versions can be retired.`,
  })
}

/** @returns the secrets that were ended; each is an event of its own, which a restore of a backup repeats */
async function endSecrets(change: Change, context: Context, version: number, reason: string) {
  const rows = await selectUsableSecrets(change.db, version, change.now)
    .select(['credentials.id as secret', 'clients.realm', 'clients.client_id as client', 'organization_id'])
    .orderBy('credentials.client')
    .limit(maxEnded)
    .execute()
  const step: Change<'secrets.revoke'> = {
    ...change,
    expectedVersions: undefined,
    record: (one) => change.record({ kind: 'secrets.revoke', ...one } as Parameters<typeof change.record>[0]),
  }
  for (const { secret, realm: realmName, client, organization_id: organizationId } of rows) {
    const realm = context.realms.get(realmName)
    if (realm) await revokeSecret(step, context, realm, client, secret, { reason, cutTokens: false })
    else {
      // A realm that the configuration does not have any more has no rotation.
      await change.db.deleteFrom('credentials').where('id', '=', secret).execute()
      const subject = { realm: realmName, organizationId, clientId: client }
      step.record({ subject, changed: 'client', detail: { endedSecretId: secret, reason, cutTokens: false } })
    }
  }
  if (rows.some(({ realm }) => realm === operatorsRealmName)) await refuseWithoutOwner(change)
  return rows.map(({ realm, client, secret }) => ({ realm, client, secret }))
}
