// The realm of the operators: built in, on every server, so that the admin API is protected by the same guard as partner APIs.
// Its first client is created by "countersign init" or the demo, never by default.
import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { adminScopes, expectedVisible, isVisibleText } from '@countersign/admin'
import { secretMethodNames } from '@countersign/protocol'
import { noTokenMembers } from '../clients/token-members.ts'
import { usesSecret } from '../clients/authentication-methods.ts'
import { createClient } from '../clients/clients.ts'
import { isOwner } from '../clients/owner-role.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { findOrganizationId } from '../cache/read-organization.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { createOrganization } from '../organizations/organizations.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'

export interface OperatorCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface OperatorOptions {
  /** Display name. */
  readonly name?: string | undefined
  /** The realms that it is limited to; undefined for none, which makes it an owner. */
  readonly realms?: readonly string[] | undefined
  /** Fails if there is an operator already: of two concurrent setups of one store, one succeeds. */
  readonly onlyFirst?: boolean
}

/** There is an operator already, and `onlyFirst` was set. */
export class OperatorExistsError extends Error {
  override name = 'OperatorExistsError'
}

/** Actor of changes that are made with access to the store and its keys, without an operator. */
export const setup: Actor = {
  kind: 'system',
  via: 'cli',
  realm: operatorsRealmName,
  clientId: 'setup',
  organizationId: 'setup',
  address: 'local',
}

const organizationSlug = 'operators'

/** The id of the organization of operators, which is created if it is missing. @param realm of the operators */
export async function findOperatorsOrganization(applyChange: ApplyChange, realm: Realm, db: Kysely<Schema>): Promise<string> {
  const found = await findOrganizationId(db, realm.name, organizationSlug)
  if (found !== undefined) return found
  return applyChange(setup, 'organizations.create', (change) =>
    createOrganization(change, realm, { slug: organizationSlug, name: 'Operators', capabilities: {} }),
  )
}

/** Creates an operator with all scopes; without limits it is an owner. Every call creates a new one; its secret is returned once and not stored. */
export async function createOperator(
  applyChange: ApplyChange,
  realm: Realm,
  pepper: KeyRing,
  db: Kysely<Schema>,
  { name = 'Operator', realms, onlyFirst = false }: OperatorOptions = {},
): Promise<OperatorCredentials> {
  if (!isVisibleText(name)) throw new TypeError(`The name of an operator must have ${expectedVisible}`)
  await findOperatorsOrganization(applyChange, realm, db)
  const { clientId, clientSecret } = await applyChange(setup, 'clients.create', async (change) => {
    // Changes are serialized across all nodes.
    if (onlyFirst && (await hasOperator(change.db))) throw new OperatorExistsError('The store has an operator already.')
    return createClient(change, realm, pepper, {
      organization: organizationSlug,
      clientId: `operator-${randomBytes(4).toString('hex')}`,
      name,
      scopes: [...adminScopes],
      accessTokenLifetime: null,
      enabled: true,
      serviceAccountEnabled: true,
      authenticationMethods: [...secretMethodNames],
      secretExpiresAt: null,
      operatorRealms: realms && [...realms],
      ...noTokenMembers,
    })
  })
  if (clientSecret === null) throw new TypeError('Expected a secret for an operator')
  return { tokenUrl: realm.tokenUrl, clientId, clientSecret }
}

/** Whether the operators' realm has a client that is enabled, with its service account. */
async function hasOperator(db: Kysely<Schema>): Promise<boolean> {
  const found = await db
    .selectFrom('clients')
    .select('id')
    .where('realm', '=', operatorsRealmName)
    .where('enabled', '=', 1)
    .where('service_account_enabled', '=', 1)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Whether an enabled operator has the owner role and a secret that it can use beyond an instant; only an owner changes operators. */
export async function hasOwner(db: Kysely<Schema>, instant: number): Promise<boolean> {
  const able = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .innerJoin('credentials', 'credentials.client', 'clients.id')
    .select(['role', 'scopes', 'operator_realms', 'authentication_methods'])
    .where('clients.realm', '=', operatorsRealmName)
    .where('credentials.kind', '=', 'client_secret')
    .where('enabled', '=', 1)
    .where('service_account_enabled', '=', 1)
    .where('organizations.status', '=', 'active')
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', instant)]))
    .execute()
  return able.some((row) => isOwner(row) && usesSecret(parseTexts(row.authentication_methods) ?? []))
}
