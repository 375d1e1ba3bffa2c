// The steps of a rotation. Each is one change to a locked client: ended secrets are deleted, the pure rules decide on the remaining ones,
// including uses that are not written yet, and the response describes the state after the commit.
import { shellWord, type CheckedInput, type OperationOutput } from '@countersign/admin'
import { secretMethodNames } from '@countersign/protocol'
import { describeSecrets } from '../clients/describe-client.ts'
import { usesSecret } from '../clients/authentication-methods.ts'
import { addSecret } from '../clients/add-secret.ts'
import { lockClient, noSuchClient, type ClientRow } from '../clients/lock-client.ts'
import { acceptsMethod } from '../realms/accepted-methods.ts'
import type { Realm } from '../realms/realm.ts'
import { readClient } from '../cache/read-clients.ts'
import { readSecretsOf } from '../cache/read-secrets.ts'
import type { SecretRecord } from '../cache/records.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { ProblemError } from '../errors.ts'
import type { ChangeDetails, ChangeKind } from '../audit/events/kinds.ts'
import type { Change } from '../change/apply-change.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { cutTokensBefore } from '../token/token-cut.ts'
import type { Kysely } from 'kysely'
import { describeRotation, type RotationStatus } from './describe-rotation.ts'
import {
  decideCancel,
  decideConfirm,
  decideExtend,
  decideStart,
  readStanding,
  settingsFor,
  type RotationParty,
  type RotationSettings,
  type Standing,
  type Start,
} from './rotation-rules.ts'
import type { SecretUsage } from './secret-usage.ts'

export interface RotationContext {
  readonly pepper: KeyRing
  readonly usage: Pick<SecretUsage, 'addPending' | 'addPendingToKeys'>
}

/** @throws ProblemError `not-found` */
export async function readRotation(
  db: Kysely<Schema>,
  { usage }: RotationContext,
  realm: Realm,
  clientId: string,
  now: number,
): Promise<RotationStatus> {
  const client = await readClient(db, realm.name, clientId)
  if (!client) throw noSuchClient(realm, clientId)
  return describeRotation(clientId, usage.addPending(client.secrets), settingsFor(realm, client.accessTokenLifetime), now)
}

/** Returns the new secret. Only its digest is stored, so it cannot be shown again. */
export async function startRotation(
  change: Change<'rotation.start'>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  start: Start & { readonly by: RotationParty },
): Promise<OperationOutput<'rotation.start'>> {
  const { client, standing, secrets, settings } = await beginStep(change, context, realm, clientId)
  refuseUnusable(realm, client)
  const decide = () => decideStart(standing, start, settings, change.now)
  const { ended, old, windowEndsAt } = start.by === 'operator' ? namingCancel(realm, clientId, decide) : decide()
  const { db, now } = change
  if (ended) await deleteSecret(change, ended.id)
  // The expiry of a secret that is the old one already is the end of a window, not its own.
  const isOldAlready = standing.state !== 'stable' && old === standing.old
  const before = (isOldAlready ? old?.expiresAtBeforeRotation : old?.expiresAt) ?? null
  if (old) {
    await db
      .updateTable('credentials')
      .set({ expires_at: windowEndsAt, expires_at_before_rotation: before })
      .where('id', '=', old.id)
      .execute()
  }
  // Later than the others even within one millisecond: the newest secret is the new one.
  const createdAt = Math.max(now, ...secrets.map((secret) => secret.createdAt + 1))
  // By default the successor of a secret with an expiry gets the same lifetime.
  const inherited = old && before !== null ? now + (before - old.createdAt) : null
  const expiresAt = start.secretExpiresAt === undefined ? inherited : start.secretExpiresAt
  const clientSecret = await addSecret({ ...change, now: createdAt }, context.pepper, client.id, expiresAt, start.by)
  const status = await statusAfter(change, context, realm, client)
  recordStep(change, realm, client, {
    secretId: status.secrets[0]?.id,
    oldSecretId: old?.id,
    windowEndsAt: status.windowEndsAt,
    endedSecretId: ended?.id,
    startedBy: start.by,
  })
  return {
    ...status,
    clientSecret,
    ended: ended ? { ...describeSecrets([ended])[0]!, state: ended === standing.current ? 'new' : 'old' } : null,
  }
}

/** A secret that its client cannot use must not look like a way in. */
function refuseUnusable(realm: Realm, { client_id: clientId, authentication_methods: json }: ClientRow): void {
  const methods = (parseTexts(json) ?? secretMethodNames).filter((name) => acceptsMethod(realm, name))
  if (usesSecret(methods)) return
  throw new ProblemError('conflict', {
    detail: `The client "${clientId}" authenticates only by keys, so it cannot use a secret.`,
    remedy: 'To replace a key, register another one. For a secret, let the client use a method for secrets first.',
  })
}

export async function confirmRotation(
  change: Change<'rotation.confirm'>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  { force = false, reason }: Partial<CheckedInput<'rotation.confirm'>['body']>,
): Promise<RotationStatus> {
  const { client, standing, settings } = await beginStep(change, context, realm, clientId)
  const ended = namingCancel(realm, clientId, () => decideConfirm(standing, force, settings, change.now))
  await deleteSecret(change, ended.id)
  recordStep(change, realm, client, {
    secretId: standing.current?.id,
    endedSecretId: ended.id,
    lastUsedAt: ended.lastUsedAt,
    force,
    reason,
  })
  return statusAfter(change, context, realm, client)
}

/** An operator whose tool did not print the new secret, as kcadm does not, learns how to get out of the rotation that it has begun. */
function namingCancel<Decision>(realm: Realm, clientId: string, decide: () => Decision): Decision {
  try {
    return decide()
  } catch (error) {
    if (!(error instanceof ProblemError) || (error.code !== 'rotation-in-progress' && error.code !== 'new-secret-unproven')) throw error
    const ifLost = `If the new secret was lost, because a tool such as kcadm did not print it, run "countersign secret cancel ${shellWord(clientId)} --realm ${realm.name}" and start again.`
    const otherwise =
      error.code === 'rotation-in-progress'
        ? 'Otherwise confirm or cancel the rotation in progress; its status shows when each secret was last used.'
        : 'Otherwise give it to every instance, request a token with it, and confirm again; an operator can also force it, with a reason.'
    throw new ProblemError(error.code, { ...error.details, remedy: `${ifLost} ${otherwise}` })
  }
}

export async function cancelRotation(
  change: Change<'rotation.cancel'>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  by: RotationParty,
): Promise<RotationStatus> {
  const { client, standing, settings } = await beginStep(change, context, realm, clientId)
  const { ended, kept, keptExpiresAt } = decideCancel(standing, by, settings, change.now)
  await deleteSecret(change, ended.id)
  await keepOld(change, kept, ended, keptExpiresAt)
  recordStep(change, realm, client, { secretId: kept.id, endedSecretId: ended.id })
  return statusAfter(change, context, realm, client)
}

export async function extendRotation(
  change: Change<'rotation.extend'>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  window: number,
): Promise<RotationStatus> {
  const { client, standing, settings } = await beginStep(change, context, realm, clientId)
  const { old, windowEndsAt } = decideExtend(standing, window, settings, change.now)
  await change.db.updateTable('credentials').set({ expires_at: windowEndsAt }).where('id', '=', old.id).execute()
  const status = await statusAfter(change, context, realm, client)
  recordStep(change, realm, client, { oldSecretId: old.id, windowEndsAt: status.windowEndsAt })
  return status
}

/**
 * Ends a secret at once, regardless of its state and use. An old secret that remains gets back the expiry that it had before the rotation.
 * Unless `cutTokens` is false, every token issued to the client before now is denied as well, with either of its secrets: tokens do not
 * name their secret, and a stolen one would be accepted until it expires. Instances that use the remaining secret request new tokens, which
 * are dated to the cut, 1.5 s ahead at most (token/token-cut.ts).
 */
export async function revokeSecret(
  change: Change<'secrets.revoke'>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  secretId: string,
  { reason, cutTokens }: CheckedInput<'secrets.revoke'>['body'],
): Promise<RotationStatus> {
  const { client, standing, secrets } = await beginStep(change, context, realm, clientId)
  const revoked = secrets.find(({ id }) => id === secretId)
  if (!revoked)
    throw new ProblemError('not-found', {
      detail: `The client "${clientId}" has no secret "${secretId}"; it may have ended already.`,
      remedy: `See the ids of its secrets: countersign secret status ${shellWord(clientId)} --realm ${realm.name}`,
    })
  await deleteSecret(change, revoked.id)
  if (standing.state !== 'stable' && revoked === standing.current)
    await keepOld(change, standing.old, revoked, standing.old.expiresAtBeforeRotation)
  const tokensNotBefore = Math.max(client.tokens_not_before, cutTokensBefore(change.now))
  if (cutTokens) await change.db.updateTable('clients').set({ tokens_not_before: tokensNotBefore }).where('id', '=', client.id).execute()
  recordStep(change, realm, client, { endedSecretId: revoked.id, reason, cutTokens })
  return statusAfter(change, context, realm, client)
}

interface Step {
  readonly client: ClientRow
  /** The secrets that have not ended, newest first. */
  readonly secrets: readonly SecretRecord[]
  readonly standing: Standing
  readonly settings: RotationSettings
}

async function beginStep(change: Change, { usage }: RotationContext, realm: Realm, clientId: string): Promise<Step> {
  const client = await lockClient(change, realm, clientId)
  await change.db
    .deleteFrom('credentials')
    .where('client', '=', client.id)
    .where('kind', '=', 'client_secret')
    .where('expires_at', '<=', change.now)
    .execute()
  const secrets = usage.addPending(await readSecretsOf(change.db, client.id))
  return { client, secrets, standing: readStanding(secrets, change.now), settings: settingsFor(realm, client.access_token_lifetime) }
}

async function statusAfter(change: Change, { usage }: RotationContext, realm: Realm, client: ClientRow): Promise<RotationStatus> {
  const secrets = usage.addPending(await readSecretsOf(change.db, client.id))
  return describeRotation(client.client_id, secrets, settingsFor(realm, client.access_token_lifetime), change.now)
}

async function deleteSecret({ db }: Change, id: string): Promise<void> {
  await db.deleteFrom('credentials').where('id', '=', id).execute()
}

/**
 * The old secret stays and gets back the expiry that it had before the rotation. The warning of its window does not count as a reminder
 * of its age.
 */
async function keepOld({ db }: Change, old: SecretRecord, ended: SecretRecord, expiresAt: number | null): Promise<void> {
  const wasWarned = (old.remindedAt ?? 0) >= ended.createdAt
  await db
    .updateTable('credentials')
    .set({ expires_at: expiresAt, expires_at_before_rotation: null, reminded_at: wasWarned ? null : old.remindedAt })
    .where('id', '=', old.id)
    .execute()
}

function recordStep<Kind extends ChangeKind>(change: Change<Kind>, realm: Realm, client: ClientRow, detail: ChangeDetails[Kind]): void {
  const subject = { realm: realm.name, organizationId: client.organization_id, clientId: client.client_id }
  change.record({ subject, changed: 'client', detail })
}
