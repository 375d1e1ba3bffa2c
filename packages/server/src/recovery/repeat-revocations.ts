// Applies the revocations made after the backup again. Each is a change of its own with an audit event that names the repeated event;
// none grants anything, whatever the export contains.
import { portalRoles, shellWord, type AdminScope } from '@countersign/admin'
import type { ClientAuthenticationMethodName } from '@countersign/protocol'
import { setup } from '../operators/operators.ts'
import { deleteClient, updateClient } from '../clients/clients.ts'
import { lockClient } from '../clients/lock-client.ts'
import type { Realm } from '../realms/realm.ts'
import { parseTexts } from '../store/damage.ts'
import { readKeys } from '../clients/client-keys.ts'
import { readSecretsOf } from '../cache/read-secrets.ts'
import { capabilitiesOf, removeCapability } from '../organizations/capabilities.ts'
import { lockOrganization } from '../organizations/lock-organization.ts'
import { deleteOrganization, setStatus } from '../organizations/organizations.ts'
import { deletePartner, withdrawPartner } from '../organizations/partners.ts'
import { deleteRequestor, noSuchRequestor, updateRequestor } from '../organizations/requestors.ts'
import { ProblemError } from '../errors.ts'
import { withdrawInvitation } from '../people/invitations.ts'
import { removePerson, setRole } from '../people/people.ts'
import { removeIdp } from '../people/set-idp.ts'
import { removeKey } from '../rotation/key-steps.ts'
import { revokeSecret, type RotationContext } from '../rotation/rotation-steps.ts'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import type { ApplyChange, Change, ChangeRecord } from '../change/apply-change.ts'
import { compromiseKey } from '../signing-keys/end-key.ts'
import { findKey, formatInstant, type SigningKeyContext } from '../signing-keys/find-key.ts'
import type { Revocation } from './lost-revocations.ts'

export interface RepeatedRevocation {
  readonly revocation: Revocation
  /** `not-needed`: the subject is not in the backup, or is already revoked there. */
  readonly outcome: 'done' | 'not-needed' | 'not-done'
  /** The reason why it was not applied, or what to do after it was. */
  readonly note?: string
}

export interface RepeatContext extends RotationContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly applyChange: ApplyChange
  readonly keyContext: SigningKeyContext
}

export async function repeatRevocations(context: RepeatContext, revocations: readonly Revocation[]): Promise<RepeatedRevocation[]> {
  const repeated: RepeatedRevocation[] = []
  for (const revocation of revocations) repeated.push({ revocation, ...(await repeat(context, revocation)) })
  return repeated
}

async function repeat(context: RepeatContext, revocation: Revocation): Promise<Omit<RepeatedRevocation, 'revocation'>> {
  const realm = context.realms.get(revocation.realm)
  if (!realm) return { outcome: 'not-done', note: `the realm "${revocation.realm}" is not configured` }
  const reason = reasonAgain(revocation)
  const work = (change: Change) => apply(repeating(change, revocation), context, realm, revocation, reason)
  const change = context.applyChange(setup, revocation.kind, work, { reason })
  try {
    return await unlessAbandoned(
      change.then((note) => ({ outcome: 'done' as const, ...(note !== undefined && { note }) })),
      (reason) => (reason === '' ? { outcome: 'not-needed' as const } : { outcome: 'not-done' as const, note: reason }),
    )
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'not-found') return { outcome: 'not-needed' }
    if (error instanceof ProblemError) return { outcome: 'not-done', note: error.details.detail ?? error.message }
    throw error
  }
}

function repeating(change: Change, { event }: Revocation): Change {
  return {
    ...change,
    record: (record) => change.record({ ...record, detail: { ...record.detail, repeats: event.id } } as ChangeRecord),
  }
}

function reasonAgain({ event: { detail } }: Revocation): string {
  const { reason } = detail
  return `Again, after a restore${typeof reason === 'string' ? `: ${reason}` : ''}`.slice(0, 500)
}

async function apply(
  change: Change,
  context: RepeatContext,
  realm: Realm,
  revocation: Revocation,
  reason: string,
): Promise<string | undefined> {
  switch (revocation.kind) {
    case 'organizations.suspend':
      if ((await lockOrganization(change, realm, revocation.organization)).status === 'suspended') throw new AbandonedChange()
      return void (await setStatus(change, realm, revocation.organization, 'suspended', reason))
    case 'organizations.delete':
      return deleteOrganization(change, realm, revocation.organization).then(() => undefined)
    case 'partners.withdraw':
      return void (await withdrawPartner(change, realm, revocation.organization, revocation.partner))
    case 'partners.delete':
      return deletePartner(change, realm, revocation.partner, { force: true }).then(() => undefined)
    case 'capabilities.remove': {
      const value = capabilitiesOf(await lockOrganization(change, realm, revocation.organization))[revocation.capability]
      if (value === undefined || value === false) throw new AbandonedChange()
      return void (await removeCapability(change, realm, revocation.organization, revocation.capability))
    }
    case 'requestors.delete':
      return deleteRequestor(change, realm, revocation.organization, revocation.requestor).then(() => undefined)
    case 'requestors.update':
      return narrowRequestor(change, realm, revocation)
    case 'people.setRole':
      return narrowRole(change, realm, revocation)
    case 'people.remove':
      return removePerson(change, realm, revocation.organization, revocation.person).then(() => undefined)
    case 'identityProviders.remove':
      return removeIdp(change, realm, revocation.organization).then(() => undefined)
    case 'invitations.withdraw':
      return endInvitation(change, realm, revocation)
    case 'passkeys.remove':
      return endPasskey(change, realm, revocation)
    case 'clients.update':
      return narrowClient(change, realm, revocation)
    case 'clients.delete':
      return deleteClient(change, realm, revocation.client).then(() => undefined)
    case 'signingKeys.compromise':
      return endSigningKey(change, context, realm, revocation, reason)
    case 'keys.remove':
      return endKey(change, context, realm, revocation, reason)
    case 'secrets.revoke':
      return endSecret(change, context, realm, revocation, reason)
  }
}

type Of<Kind extends Revocation['kind']> = Extract<Revocation, { readonly kind: Kind }>

async function narrowRequestor(
  change: Change,
  realm: Realm,
  { organization, requestor, permissions }: Of<'requestors.update'>,
): Promise<undefined> {
  const { id, slug } = await lockOrganization(change, realm, organization)
  const row = await change.db
    .selectFrom('requestors')
    .select('permissions')
    .where('organization_id', '=', id)
    .where('id', '=', requestor)
    .executeTakeFirst()
  if (!row) throw noSuchRequestor(slug, requestor)
  await updateRequestor(change, realm, organization, requestor, { permissions: narrow(row.permissions, permissions) })
}

async function narrowRole(change: Change, realm: Realm, { organization, person, role }: Of<'people.setRole'>): Promise<undefined> {
  const row = await change.db.selectFrom('people').select('role').where('id', '=', person).executeTakeFirst()
  const [before, after] = [row?.role ?? null, portalRoles.find((one) => one === role)]
  if (before === null || after === undefined || portalRoles.indexOf(after) >= portalRoles.indexOf(before)) throw new AbandonedChange()
  await setRole(change, realm, organization, person, after, () => {})
}

/** One that another person could use, although it was used or withdrawn. */
async function endInvitation(change: Change, realm: Realm, { organization, invitation }: Of<'invitations.withdraw'>): Promise<undefined> {
  const row = await change.db
    .selectFrom('invitations')
    .select(['accepted_at', 'withdrawn_at'])
    .where('id', '=', invitation)
    .executeTakeFirst()
  if (!row || row.accepted_at !== null || row.withdrawn_at !== null) throw new AbandonedChange()
  await withdrawInvitation(change, realm, organization, invitation, false)
}

async function endPasskey(
  change: Change,
  realm: Realm,
  { organization, person, passkey }: Of<'passkeys.remove'>,
): Promise<string | undefined> {
  const { id: organizationId } = await lockOrganization(change, realm, organization)
  const row = await change.db.selectFrom('people').select('name').where('id', '=', person).executeTakeFirst()
  const { numDeletedRows } = await change.db
    .deleteFrom('passkeys')
    .where('id', '=', passkey)
    .where('person', '=', person)
    .executeTakeFirstOrThrow()
  if (!row || numDeletedRows === 0n) throw new AbandonedChange()
  const detail = { person, name: row.name, passkey }
  change.record({ subject: { realm: realm.name, organizationId }, changed: 'nothing', detail })
  const left = await change.db.selectFrom('passkeys').select('id').where('person', '=', person).executeTakeFirst()
  return left ? undefined : 'the person has no passkey left: invite it again'
}

async function narrowClient(change: Change, realm: Realm, { client, body }: Of<'clients.update'>): Promise<undefined> {
  const row = await lockClient(change, realm, client)
  const { enabled, serviceAccountEnabled, scopes, authenticationMethods, operatorScopes, operatorRealms } = body
  if (enabled === false && row.enabled === 0) throw new AbandonedChange()
  if (serviceAccountEnabled === false && row.service_account_enabled === 0) throw new AbandonedChange()
  const methods = authenticationMethods && narrow(row.authentication_methods, authenticationMethods)
  // A client without a method left would have to be disabled, which the original change did not request.
  if (methods?.length === 0) throw new AbandonedChange('the client would be left without an authentication method')
  await updateClient(change, realm, client, {
    enabled,
    serviceAccountEnabled,
    scopes: scopes && narrow(row.scopes, scopes),
    authenticationMethods: methods as ClientAuthenticationMethodName[] | undefined,
    operatorScopes: operatorScopes && (narrow(row.operator_scopes ?? '[]', operatorScopes) as AdminScope[]),
    operatorRealms: operatorRealms && narrowLimits(row.operator_realms, operatorRealms),
  })
}

/** The values that exist now and were kept by the change. @throws AbandonedChange if no value would be removed */
function narrow(json: string, left: readonly string[]): string[] {
  const present = parseTexts(json) ?? []
  const narrowed = present.filter((item) => left.includes(item))
  if (narrowed.length === present.length) throw new AbandonedChange()
  return narrowed
}

async function endKey(
  change: Change,
  context: RepeatContext,
  realm: Realm,
  { client, key, isOrderly }: Of<'keys.remove'>,
  reason: string,
): Promise<string | undefined> {
  const { id } = await lockClient(change, realm, client)
  const isAlive = ({ expiresAt }: { readonly expiresAt: number | null }) => expiresAt === null || expiresAt > change.now
  const keys = (await readKeys(change.db, id)).filter(isAlive)
  const others = keys.length - 1 + (await readSecretsOf(change.db, id)).filter(isAlive).length
  if (isOrderly && others === 0 && keys.some((one) => one.id === key))
    throw new AbandonedChange('what followed this key is lost, and without it the client would have none')
  await removeKey(change, context, realm, client, key, { force: true, reason, cutTokens: false })
  return others === 0 ? `the client has no key left: countersign client key add ${client} FILE --realm ${realm.name}` : undefined
}

async function endSigningKey(
  change: Change,
  { keyContext }: RepeatContext,
  realm: Realm,
  { key }: Of<'signingKeys.compromise'>,
  reason: string,
): Promise<string | undefined> {
  if ((await findKey(change, realm, key)).state === 'compromised') throw new AbandonedChange()
  const { signsFrom } = await compromiseKey(change, keyContext, realm, key, { reason })
  return signsFrom === null ? undefined : `the realm has no other key that may sign before ${formatInstant(signsFrom)}`
}

/** Of an operator without limits, all that were set. */
function narrowLimits(json: string | null, left: readonly string[]): string[] {
  return json === null ? [...left] : narrow(json, left)
}

async function endSecret(
  change: Change,
  context: RepeatContext,
  realm: Realm,
  { client, secret, isOrderly }: Of<'secrets.revoke'>,
  reason: string,
): Promise<string | undefined> {
  const { id } = await lockClient(change, realm, client)
  const alive = (await readSecretsOf(change.db, id)).filter(({ expiresAt }) => expiresAt === null || expiresAt > change.now)
  const isThere = alive.some((one) => one.id === secret)
  if (isThere && isOrderly && alive.length === 1)
    throw new AbandonedChange('the secret that followed it is lost, and without this one the client would have none')
  // All tokens are cut already.
  await revokeSecret(change, context, realm, client, secret, { reason, cutTokens: false })
  return alive.length === 1
    ? `the client has no secret left: countersign secret rotate ${shellWord(client)} --realm ${realm.name}`
    : undefined
}
