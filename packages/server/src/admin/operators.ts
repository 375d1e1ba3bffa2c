// The realm of the operators: built in, on every server, so that the admin API is guarded by what everybody else uses. Its
// first client is made by "countersign init" or the demo, never by default.
import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { adminScopes } from '@countersign/admin'
import { createClient } from '../clients/clients.ts'
import { completeRealm, type Realm } from '../configuration/configuration.ts'
import { realmSchema } from '../configuration/realm.ts'
import { findOrganizationId } from '../directory/read-organizations.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { createOrganization } from '../organizations/organizations.ts'
import type { ApplyChange } from '../store/change.ts'
import type { Schema } from '../store/schema.ts'

export const operatorsRealmName = 'operators'

export function operatorsRealm(publicUrl: string): Realm {
  const settings = realmSchema.parse({
    issuer: `/realms/${operatorsRealmName}`,
    tokenEndpoint: `/realms/${operatorsRealmName}/protocol/openid-connect/token`,
    audience: 'countersign-admin',
    scopes: [...adminScopes],
    defaultScopes: [...adminScopes],
  })
  return completeRealm(operatorsRealmName, settings, publicUrl)
}

export interface OperatorCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Creates an operator with all scopes. Every call makes a new one; its secret is returned once and kept nowhere. */
export async function createOperator(
  applyChange: ApplyChange,
  realm: Realm,
  pepper: KeyRing,
  db: Kysely<Schema>,
): Promise<OperatorCredentials> {
  const setup = { realm: realm.name, clientId: 'setup', organizationId: 'setup', address: 'local', requestId: 'setup' }
  const slug = 'operators'
  if ((await findOrganizationId(db, realm.name, slug)) === undefined) {
    await applyChange(setup, 'organizations.create', (change) =>
      createOrganization(change, realm, { slug, name: 'Operators', capabilities: {} }),
    )
  }
  const { clientId, clientSecret } = await applyChange(setup, 'clients.create', (change) =>
    createClient(change, realm, pepper, {
      organization: slug,
      clientId: `operator-${randomBytes(4).toString('hex')}`,
      name: 'Operator',
      accessTokenLifetime: null,
      enabled: true,
      serviceAccountEnabled: true,
      authenticationMethods: ['client_secret_basic', 'client_secret_post'],
      secretExpiresAt: null,
    }),
  )
  return { tokenUrl: realm.tokenUrl, clientId, clientSecret }
}
