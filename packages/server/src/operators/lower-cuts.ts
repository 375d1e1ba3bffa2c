// Lowers the cuts of the operators that lie in the future, with access to the store: operators whose tokens are rejected cannot do it.
import type { Kysely } from 'kysely'
import type { ApplyChange } from '../change/apply-change.ts'
import type { Clock } from '../clock.ts'
import { lowerClientCut } from '../clients/clients.ts'
import { lowerCut } from '../organizations/organizations.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { isFutureCut } from '../token/token-cut.ts'
import { setup } from './operators.ts'

export interface LoweredCuts {
  /** Slugs. */
  readonly organizations: readonly string[]
  /** Client ids. */
  readonly clients: readonly string[]
}

const reason = 'The cut lay in the future'

export async function lowerCuts(applyChange: ApplyChange, realm: Realm, db: Kysely<Schema>, clock: Clock): Promise<LoweredCuts> {
  const now = clock()
  const organizations = await db.selectFrom('organizations').select(['slug', 'tokens_not_before']).where('realm', '=', realm.name).execute()
  const clients = await db.selectFrom('clients').select(['client_id', 'tokens_not_before']).where('realm', '=', realm.name).execute()
  const slugs = organizations.filter((row) => isFutureCut(row.tokens_not_before, now)).map(({ slug }) => slug)
  const clientIds = clients.filter((row) => isFutureCut(row.tokens_not_before, now)).map(({ client_id }) => client_id)
  for (const slug of slugs) await applyChange(setup, 'organizations.lowerCut', (change) => lowerCut(change, realm, slug, reason))
  for (const clientId of clientIds)
    await applyChange(setup, 'clients.lowerCut', (change) => lowerClientCut(change, realm, clientId, reason))
  return { organizations: slugs, clients: clientIds }
}
