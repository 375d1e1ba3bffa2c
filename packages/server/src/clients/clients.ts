// What can be done to a client: created with its first secret, changed, switched off. Every function is one step inside a
// change; who may do it was decided before.
import { randomInt, randomUUID } from 'node:crypto'
import type { CheckedInput } from '@countersign/admin'
import type { Realm } from '../configuration/configuration.ts'
import type { ClientRecord, OrganizationRecord } from '../directory/read-organizations.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { ProblemError } from '../refusals.ts'
import type { Change } from '../store/change.ts'
import { digestSecret, generateClientSecret } from './client-secret.ts'

type CreateBody = Omit<CheckedInput<'clients.create'>['body'], 'organization'>

/** Returns the secret, which is kept nowhere: this is the only time that anybody sees it. */
export async function createClient(
  { db, now, concerns }: Change,
  realm: Realm,
  pepper: KeyRing,
  organization: OrganizationRecord,
  body: CreateBody,
): Promise<{ clientId: string; clientSecret: string }> {
  const id = randomUUID()
  const clientId = chooseClientId(realm, organization, body.clientId)
  const scopes = body.scopes ?? realm.defaultScopes
  checkScopes(realm, scopes)
  const taken = await db
    .selectFrom('clients')
    .select('id')
    .where('realm', '=', realm.name)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  if (taken)
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has a client "${clientId}" already.`,
      remedy: 'Choose another client id.',
    })

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
      created_at: now,
      updated_at: now,
    })
    .execute()

  const clientSecret = generateClientSecret()
  await db
    .insertInto('client_secrets')
    .values({
      id: randomUUID(),
      client: id,
      digest: digestSecret(pepper, pepper.currentVersion, id, clientSecret),
      pepper_version: pepper.currentVersion,
      last_four: clientSecret.slice(-4),
      created_at: now,
      expires_at: body.secretExpiresAt === null ? null : Date.parse(body.secretExpiresAt),
    })
    .execute()
  concerns(organization.id, { client: clientId, scopes })
  return { clientId, clientSecret }
}

export async function updateClient(
  { db, now, concerns }: Change,
  realm: Realm,
  client: ClientRecord,
  { name, enabled, serviceAccountEnabled, scopes, accessTokenLifetime }: CheckedInput<'clients.update'>['body'],
): Promise<void> {
  if (scopes) checkScopes(realm, scopes)
  await db
    .updateTable('clients')
    .set({
      name,
      enabled: enabled === undefined ? undefined : Number(enabled),
      service_account_enabled: serviceAccountEnabled === undefined ? undefined : Number(serviceAccountEnabled),
      scopes: scopes && JSON.stringify(scopes),
      access_token_lifetime: accessTokenLifetime,
      updated_at: now,
    })
    .where('id', '=', client.id)
    .execute()
  concerns(client.organizationId, { client: client.clientId, name, enabled, serviceAccountEnabled, scopes, accessTokenLifetime })
}

/**
 * Where the subject of a token is the client id, nobody may choose it: an id such as "admin" must not become a subject.
 * Elsewhere it is "api-client-{slug}", as seed 000 has it, unless the operator names another.
 */
function chooseClientId(realm: Realm, organization: OrganizationRecord, wanted: string | undefined): string {
  if (realm.tokenProfile !== 'cognito') return wanted ?? `api-client-${organization.slug}`
  if (wanted !== undefined) {
    throw new ProblemError('invalid-request', {
      detail: `Client ids of the realm "${realm.name}" are made by the server, because they are the subjects of its tokens.`,
      remedy: 'Leave "clientId" out.',
      errors: [{ pointer: '/clientId', detail: 'expected no client id in this realm' }],
    })
  }
  return Array.from({ length: 26 }, () => randomInt(36).toString(36)).join('')
}

/** Every realm has this scope, for the guards of its APIs. */
const builtInScope = 'entitlements:read'

function checkScopes(realm: Realm, scopes: readonly string[]): void {
  const unknown = scopes.find((scope) => scope !== builtInScope && !realm.scopes.includes(scope))
  if (unknown === undefined) return
  const declared = [...realm.scopes, builtInScope].join(', ')
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm.name}" does not declare the scope "${unknown}".`,
    remedy: `Use one of ${declared}, or add it to "scopes" of the realm in the configuration.`,
    errors: [{ pointer: '/scopes', detail: `expected scopes among ${declared}` }],
  })
}
