// Lowers the cuts of the operators that lie in the future, with access to the store: operators whose tokens are rejected cannot do it.
import type { Kysely } from 'kysely'
import { toCutInstant } from '../api/instants.ts'
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
  /** The latest cut of all operators as it is now; null if there is none. */
  readonly latestCut: string | null
}

const reason = 'The cut lay in the future'

export async function lowerCuts(applyChange: ApplyChange, realm: Realm, db: Kysely<Schema>, clock: Clock): Promise<LoweredCuts> {
  const now = clock()
  const { organizations, clients } = await readCuts(db, realm)
  const isAhead = ({ cut }: NamedCut) => isFutureCut(cut, now)
  const slugs = organizations.filter(isAhead).map(({ name }) => name)
  const clientIds = clients.filter(isAhead).map(({ name }) => name)
  for (const slug of slugs) await applyChange(setup, 'organizations.lowerCut', (change) => lowerCut(change, realm, slug, reason))
  for (const clientId of clientIds)
    await applyChange(setup, 'clients.lowerCut', (change) => lowerClientCut(change, realm, clientId, reason))
  const present = await readCuts(db, realm)
  const latest = [...present.organizations, ...present.clients].reduce((greatest, { cut }) => Math.max(greatest, cut), 0)
  return { organizations: slugs, clients: clientIds, latestCut: toCutInstant(latest) }
}

interface NamedCut {
  readonly name: string
  /** Seconds since the epoch. */
  readonly cut: number
}

async function readCuts(db: Kysely<Schema>, { name: realm }: Realm) {
  const organizations: NamedCut[] = await db
    .selectFrom('organizations')
    .select(['slug as name', 'tokens_not_before as cut'])
    .where('realm', '=', realm)
    .execute()
  const clients: NamedCut[] = await db
    .selectFrom('clients')
    .select(['client_id as name', 'tokens_not_before as cut'])
    .where('realm', '=', realm)
    .execute()
  return { organizations, clients }
}
