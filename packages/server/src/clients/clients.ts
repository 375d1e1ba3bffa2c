// Changes to a client: created with its first secret or key, updated, disabled, deleted. Every function is one step inside a change;
// authorization is decided before.
import { randomUUID } from 'node:crypto'
import type { CheckedInput } from '@countersign/admin'
import type { ClientAuthenticationMethodName } from '@countersign/protocol'
import { builtInScopes } from '../realms/built-in-scope.ts'
import type { Realm } from '../realms/realm.ts'
import { parseTexts } from '../store/damage.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { raiseLongestLifetime } from '../keys/key-rows.ts'
import { countChange, lockOrganization } from '../organizations/lock-organization.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { cutAtCreation, cutTokensBefore, isFutureCut } from '../token/token-cut.ts'
import { chooseClientId } from './choose-client-id.ts'
import { addKeys, refuseWithoutKeys } from './add-keys.ts'
import { refuseSharedIdentity } from './token-identity.ts'
import { checkTokenMembers, describeMembers, tokenColumns } from './token-members.ts'
import { checkTokenSize } from './token-size.ts'
import { addSecret } from './add-secret.ts'
import { refuseUnaccepted, usesSecret, usualMethods } from './authentication-methods.ts'
import { findClient, lockClient, type ClientRow } from './lock-client.ts'
import { keepOperatorIdentity } from './operator-identity.ts'
import { operatorColumns, operatorSettings } from './operator-settings.ts'
import { roleFor } from './owner-role.ts'
import { findDeletion, removeClient } from '../organizations/remove-clients.ts'

/** Returns the secret, null for a client that cannot use one. Only its digest is stored, so it cannot be shown again. */
export async function createClient(
  change: Change<'clients.create'>,
  realm: Realm,
  pepper: KeyRing,
  body: CheckedInput<'clients.create'>['body'],
): Promise<{ clientId: string; clientSecret: string | null }> {
  const { db, now, record } = change
  const methods = withoutRepeats(body.authenticationMethods ?? usualMethods(realm, body.key !== undefined || body.jwksUri !== undefined))
  refuseUnaccepted(realm, methods as ClientAuthenticationMethodName[])
  const secretExpiresAt = readSecretExpiry(body, methods, now)
  const organization = await lockOrganization(change, realm, body.organization)
  const id = randomUUID()
  const clientId = await chooseClientId(change, realm, organization.slug, body.clientId)
  const scopes = withoutRepeats(body.scopes ?? realm.defaultScopes)
  checkScopes(realm, scopes)
  await checkTokenMembers(change, realm, body, scopes)
  await refuseTaken(change, realm, clientId)
  await db
    .insertInto('clients')
    .values({
      id,
      realm: realm.name,
      client_id: clientId,
      organization_id: organization.id,
      name: body.name,
      enabled: Number(body.enabled),
      service_account_enabled: Number(body.serviceAccountEnabled),
      scopes: JSON.stringify(scopes),
      access_token_lifetime: body.accessTokenLifetime,
      ...tokenColumns(body),
      authentication_methods: JSON.stringify(methods),
      role: roleFor(realm, { scopes, operatorRealms: body.operatorRealms }) ?? null,
      ...operatorColumns(body),
      tokens_not_before: cutAtCreation(now, await findDeletion(change, realm.name, clientId)),
      created_at: now,
      updated_at: now,
    })
    .execute()

  if (body.accessTokenLifetime !== null) await raiseLongestLifetime(db, realm.name, body.accessTokenLifetime)
  const clientSecret = usesSecret(methods) ? await addSecret(change, pepper, id, secretExpiresAt, null) : null
  await checkTokenSize(change.db, realm, clientId)
  await keepOperatorIdentity(change, realm, clientId, body)
  await refuseSharedIdentity(change, realm, clientId, body, true)
  const detail = { scopes, ...describeMembers(body), ...operatorSettings(body) }
  record({ subject: { realm: realm.name, organizationId: organization.id, clientId }, changed: 'client', detail })
  if (body.key !== undefined) {
    const holder = { id, client_id: clientId, organization_id: organization.id, authentication_methods: JSON.stringify(methods) }
    await addKeys(change, realm, holder, { key: body.key })
  }
  return { clientId, clientSecret }
}

/** Milliseconds since the epoch. @throws ProblemError `invalid-request` */
function readSecretExpiry({ secretExpiresAt }: { secretExpiresAt: string | null }, methods: readonly string[], now: number): number | null {
  if (secretExpiresAt === null) return null
  const refuse = (detail: string, expected: string) => {
    throw new ProblemError('invalid-request', { detail, errors: [{ pointer: '/secretExpiresAt', detail: expected }] })
  }
  if (!usesSecret(methods))
    refuse('The client gets no secret, because it authenticates only by keys.', 'expected no value for a client without a secret')
  const at = Date.parse(secretExpiresAt)
  if (at <= now) refuse('The secret would have ended before it begins.', 'expected an instant in the future')
  return at
}

async function refuseTaken({ db }: Change, realm: Realm, clientId: string): Promise<void> {
  const taken = await db
    .selectFrom('clients')
    .select('id')
    .where('realm', '=', realm.name)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  if (!taken) return
  throw new ProblemError('conflict', {
    detail: `The realm "${realm.name}" has a client "${clientId}" already.`,
    remedy: 'Choose another client id.',
    errors: [{ pointer: '/clientId', detail: `the realm has a client "${clientId}" already` }],
  })
}

type ClientUpdate = CheckedInput<'clients.update'>['body']

export async function updateClient(
  change: Change<'clients.update'>,
  realm: Realm,
  clientId: string,
  body: ClientUpdate,
): Promise<ClientRow> {
  const { name, enabled, serviceAccountEnabled, scopes, authenticationMethods, accessTokenLifetime } = body
  if (scopes) checkScopes(realm, scopes)
  if (authenticationMethods) refuseUnaccepted(realm, authenticationMethods)
  const client = await lockClient(change, realm, clientId)
  if (authenticationMethods && !usesSecret(authenticationMethods)) await refuseWithoutKeys(change, client)
  const left = scopes ?? parseTexts(client.scopes) ?? []
  const members = scopes ? { ...withoutScopes(client, left), ...body } : body
  await checkTokenMembers(change, realm, members, left)
  await change.db
    .updateTable('clients')
    .set({
      updated_at: change.now,
      name,
      enabled: enabled === undefined ? undefined : Number(enabled),
      service_account_enabled: serviceAccountEnabled === undefined ? undefined : Number(serviceAccountEnabled),
      scopes: scopes && JSON.stringify(withoutRepeats(scopes)),
      role: roleFor(realm, body, client),
      ...operatorColumns(body),
      authentication_methods: authenticationMethods && JSON.stringify(withoutRepeats(authenticationMethods)),
      access_token_lifetime: accessTokenLifetime,
      ...tokenColumns(members),
    })
    .where('id', '=', client.id)
    .execute()
  if (accessTokenLifetime) await raiseLongestLifetime(change.db, realm.name, accessTokenLifetime)
  await checkTokenSize(change.db, realm, clientId)
  await keepOperatorIdentity(change, realm, clientId, body, client)
  await refuseSharedIdentity(change, realm, clientId, body, false)
  const settings = { ...describeMembers(members), ...operatorSettings(body) }
  const detail = { name, enabled, serviceAccountEnabled, scopes, authenticationMethods, accessTokenLifetime, ...settings }
  change.record({ subject: { realm: realm.name, organizationId: client.organization_id, clientId }, changed: 'client', detail })
  return client
}

/** Makes a cut that lies in the future one of now; there is nothing to change about one that has passed. */
export async function lowerClientCut(
  change: Change<'clients.lowerCut'>,
  realm: Realm,
  clientId: string,
  reason: string,
): Promise<{ readonly lowered: boolean }> {
  const present = await findClient(change, realm, clientId)
  if (!isFutureCut(present.tokens_not_before, change.now)) {
    change.recordNothing()
    return { lowered: false }
  }
  const client = await lockClient(change, realm, clientId)
  const before = client.tokens_not_before
  const tokensNotBefore = cutTokensBefore(change.now)
  await change.db.updateTable('clients').set({ tokens_not_before: tokensNotBefore }).where('id', '=', client.id).execute()
  const subject = { realm: realm.name, organizationId: client.organization_id, clientId }
  change.record({ subject, changed: 'client', detail: { reason, before, tokensNotBefore } })
  return { lowered: true }
}

/** Its secrets are deleted by ON DELETE CASCADE. Guards reject its tokens, also one that is being issued now: the client does not exist. */
export async function deleteClient(change: Change<'clients.delete'>, realm: Realm, clientId: string): Promise<void> {
  const client = await lockClient(change, realm, clientId)
  await removeClient(change, client)
  await countChange(change, client.organization_id)
  change.record({
    subject: { realm: realm.name, organizationId: client.organization_id, clientId },
    changed: 'client',
    detail: { name: client.name },
  })
}

/** What was said about scopes that a client no longer has is forgotten. */
function withoutScopes(
  { default_scopes, scope_grants }: ClientRow,
  left: readonly string[],
): Pick<ClientUpdate, 'defaultScopes' | 'scopeGrants'> {
  const defaults = default_scopes === null ? null : (parseTexts(default_scopes) ?? [])
  const grants = Object.entries(JSON.parse(scope_grants ?? '{}') as NonNullable<ClientUpdate['scopeGrants']>)
  return {
    ...(defaults && { defaultScopes: defaults.filter((scope) => left.includes(scope)) }),
    ...(grants.length > 0 && { scopeGrants: Object.fromEntries(grants.filter(([scope]) => left.includes(scope))) }),
  }
}

function withoutRepeats(items: readonly string[]): string[] {
  return [...new Set(items)]
}

function checkScopes(realm: Realm, scopes: readonly string[]): void {
  const unknown = scopes.find((scope) => !builtInScopes.includes(scope) && !realm.scopes.includes(scope))
  if (unknown === undefined) return
  const declared = [...new Set([...realm.scopes, ...builtInScopes])].join(', ')
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm.name}" does not declare the scope "${unknown}".`,
    remedy: `Use one of ${declared}, or add it to "scopes" of the realm in the configuration.`,
    errors: [{ pointer: '/scopes', detail: `expected scopes among ${declared}` }],
  })
}
