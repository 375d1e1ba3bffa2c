// Sets, describes and removes the identity provider of an organization. Who has lost its role by that is out at the next request, for good; who
// cannot invite any more leaves no open invitation.
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput, PortalRole } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { scopesOf, wrapSecret, type IdpRow } from '../idp/idp-of-organization.ts'
import { ofRoles, parseRoleRules, roleOfPerson } from '../idp/role-of-groups.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { lockOrganization } from '../organizations/lock-organization.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { idpUrlsOf } from './idp-urls.ts'

export interface SetIdpContext {
  readonly ring: KeyRing
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
  /** @param roles that people will have @throws ProblemError if the operator may not give them */
  readonly permit: (roles: readonly PortalRole[]) => void
}

type Described = OperationOutput<'identityProviders.get'>
interface Named {
  readonly id: string
  readonly slug: string
}

export async function describeIdp(
  db: Kysely<Schema>,
  { portalUrl }: Pick<SetIdpContext, 'portalUrl'>,
  realm: Realm,
  { id, slug }: Named,
): Promise<Described> {
  const row = await findRow(db, id)
  const urls = portalUrl === undefined ? { signInUrl: null, callbackUrl: null, logoutUrl: null } : idpUrlsOf(portalUrl, realm.name, slug)
  return { ...urls, provider: row ? describe(row) : null }
}

/** @param fault of the issuer, if it is not permitted @throws ProblemError `not-found`, `conflict` or `invalid-request` */
export async function setIdp(
  change: Change<'identityProviders.set'>,
  context: SetIdpContext,
  realm: Realm,
  key: string,
  { clientSecret, name, issuer, clientId, ...named }: CheckedInput<'identityProviders.set'>['body'],
  fault: string | undefined,
): Promise<Described> {
  if (realm.name === operatorsRealmName) throw new ProblemError('conflict', notForOperators)
  if (fault !== undefined) throw refusedIssuer(fault)
  const organization = await lockOrganization(change, realm, key)
  const before = await findRow(change.db, organization.id)
  const same = before?.issuer === issuer && before.oidc_client_id === clientId ? before : undefined
  // It would be sent to whatever issuer the new one is.
  if (clientSecret === undefined && !same) throw missingSecret()
  // Another identity provider has other groups: what is left out is not taken from the one before.
  const kept = same ? settingsOf(same) : atFirst
  const { claim = kept.claim, scopes = kept.scopes, roles = kept.roles, everyone = kept.everyone } = named
  if (Object.keys(roles).length === 0 && everyone === null) throw noRoles()
  context.permit([...Object.values(roles), ...(everyone === null ? [] : [everyone])])
  const bound = { organization_id: organization.id, issuer, oidc_client_id: clientId }
  const wrapped = clientSecret === undefined ? same!.wrapped_secret : await wrapSecret(change.db, context.ring, bound, clientSecret)
  const set = {
    name,
    issuer,
    oidc_client_id: clientId,
    wrapped_secret: wrapped,
    claim,
    requested_scopes: JSON.stringify(scopes),
    group_roles: JSON.stringify(roles),
    everyone_role: everyone,
    changed_at: change.now,
  }
  await change.db
    .insertInto('identity_providers')
    .values({ organization_id: organization.id, ...set })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(set))
    .execute()
  if (before && (!same || before.claim !== claim)) await forgetGroups(change, organization.id)
  await endLostRoles(change, organization.id)
  const detail = { name, issuer, idpClient: clientId, claim, roles, everyone, newSecret: clientSecret !== undefined }
  const replaced = before && !same ? { before: { issuer: before.issuer, idpClient: before.oidc_client_id } } : {}
  change.record({ subject: subjectOf(realm, organization), changed: 'rights', detail: { ...detail, ...replaced } })
  return describeIdp(change.db, context, realm, organization)
}

/** @throws ProblemError `not-found` */
export async function removeIdp(change: Change<'identityProviders.remove'>, realm: Realm, key: string): Promise<void> {
  const organization = await lockOrganization(change, realm, key)
  const before = await findRow(change.db, organization.id)
  if (!before) throw new ProblemError('not-found', noSuchIdp(organization.slug))
  await change.db.deleteFrom('identity_providers').where('organization_id', '=', organization.id).execute()
  await endLostRoles(change, organization.id)
  const { name, issuer, oidc_client_id: idpClient } = before
  change.record({ subject: subjectOf(realm, organization), changed: 'rights', detail: { name, issuer, idpClient } })
}

function findRow(db: Kysely<Schema>, organizationId: string): Promise<IdpRow | undefined> {
  return db.selectFrom('identity_providers').selectAll().where('organization_id', '=', organizationId).executeTakeFirst()
}

function subjectOf(realm: Realm, { id: organizationId }: Named) {
  return { realm: realm.name, organizationId }
}

function describe(row: IdpRow): NonNullable<Described['provider']> {
  return {
    name: row.name,
    issuer: row.issuer,
    clientId: row.oidc_client_id,
    ...settingsOf(row),
    changedAt: toInstant(row.changed_at),
  }
}

type Settings = Pick<NonNullable<Described['provider']>, 'claim' | 'scopes' | 'roles' | 'everyone'>

const atFirst: Settings = { claim: 'groups', scopes: ['profile', 'email'], roles: {}, everyone: null }

function settingsOf(row: IdpRow): Settings {
  const { groups, everyone } = parseRoleRules(row.group_roles, row.everyone_role)
  return { claim: row.claim, scopes: [...scopesOf(row)], roles: groups as Record<string, PortalRole>, everyone }
}

/** Another claim, client or issuer told them. */
async function forgetGroups({ db }: Pick<Change, 'db'>, organizationId: string): Promise<void> {
  await db
    .updateTable('people')
    .set({ groups: '[]' })
    .where('organization_id', '=', organizationId)
    .where('issuer', 'is not', null)
    .execute()
}

/** Sessions end here, so that a role that is given again later does not bring them back. */
async function endLostRoles({ db, now }: Pick<Change, 'db' | 'now'>, organizationId: string): Promise<void> {
  const people = await db
    .selectFrom('people')
    .leftJoin('identity_providers', 'identity_providers.organization_id', 'people.organization_id')
    .select(['people.id', 'people.role', 'people.issuer', 'people.groups'])
    .select(ofRoles)
    .where('people.organization_id', '=', organizationId)
    .where('people.issuer', 'is not', null)
    .execute()
  const withRoles = people.map((row) => ({ id: row.id, role: roleOfPerson(row) }))
  const without = withRoles.filter(({ role }) => role === null).map(({ id }) => id)
  const noAdmins = withRoles.filter(({ role }) => role !== 'admin').map(({ id }) => id)
  if (without.length > 0) await db.deleteFrom('sessions').where('person', 'in', oneOf(db, without)).execute()
  if (noAdmins.length === 0) return
  await db
    .updateTable('invitations')
    .set({ withdrawn_at: now })
    .where('organization_id', '=', organizationId)
    .where('inviter', 'in', oneOf(db, noAdmins))
    .where('accepted_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .execute()
}

const notForOperators = {
  detail: 'Operators sign in at the console, whose identity provider is in the configuration file.',
  remedy: 'Set "console.signIn.oidc" in the configuration file.',
}

function refusedIssuer(expected: string): ProblemError {
  return refusedMember('issuer', `expected ${expected}`)
}

function missingSecret(): ProblemError {
  return refusedMember('clientSecret', 'expected the secret, which is kept only as long as issuer and client id stay the same')
}

function noRoles(): ProblemError {
  return refusedMember('roles', 'expected a role for at least one group, or "everyone"')
}

function refusedMember(member: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `/${member}: ${detail}`, errors: [{ pointer: `/${member}`, detail }] })
}

function noSuchIdp(organization: string) {
  return {
    detail: `"${organization}" has no identity provider.`,
    remedy: 'List the organizations to see the right slug.',
  }
}
