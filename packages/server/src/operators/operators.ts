// The realm of the operators: built in, on every server, so that the admin API is guarded by what everybody else uses. Its
// first client is made by "countersign init" or the demo, never by default.
import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { adminScopes } from '@countersign/admin'
import { clientAuthenticationMethodNames } from '@countersign/protocol'
import { createClient } from '../clients/clients.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { findOrganizationId } from '../cache/read-organizations.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { createOrganization } from '../organizations/organizations.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

export interface OperatorCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

export interface OperatorOptions {
  /** For people. */
  readonly name?: string | undefined
  /** Refuses where there is an operator already: of two that set up one store at once, one wins. */
  readonly onlyFirst?: boolean
}

/** There is an operator already, and only the first one was wanted. */
export class OperatorExistsError extends Error {
  override name = 'OperatorExistsError'
}

/** For what is done by whoever holds the store and its keys, instead of by an operator. */
export const setup: Actor = {
  realm: operatorsRealmName,
  clientId: 'setup',
  organizationId: 'setup',
  address: 'local',
  requestId: 'setup',
}

/** Creates an operator with all scopes. Every call makes a new one; its secret is returned once and kept nowhere. */
export async function createOperator(
  applyChange: ApplyChange,
  realm: Realm,
  pepper: KeyRing,
  db: Kysely<Schema>,
  { name = 'Operator', onlyFirst = false }: OperatorOptions = {},
): Promise<OperatorCredentials> {
  const slug = 'operators'
  if ((await findOrganizationId(db, realm.name, slug)) === undefined) {
    await applyChange(setup, 'organizations.create', (change) =>
      createOrganization(change, realm, { slug, name: 'Operators', capabilities: {} }),
    )
  }
  const { clientId, clientSecret } = await applyChange(setup, 'clients.create', async (change) => {
    // Changes are made one after the other, on all nodes together.
    if (onlyFirst && (await hasOperator(change.db))) throw new OperatorExistsError('The store has an operator already.')
    return createClient(change, realm, pepper, {
      organization: slug,
      clientId: `operator-${randomBytes(4).toString('hex')}`,
      name,
      scopes: [...adminScopes],
      accessTokenLifetime: null,
      enabled: true,
      serviceAccountEnabled: true,
      authenticationMethods: [...clientAuthenticationMethodNames],
      secretExpiresAt: null,
    })
  })
  return { tokenUrl: realm.tokenUrl, clientId, clientSecret }
}

/** Whether anybody can administer: a client of the operators' realm that is enabled. */
export async function hasOperator(db: Kysely<Schema>): Promise<boolean> {
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
