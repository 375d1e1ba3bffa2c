// The check at the start of a server, whether realms still have the signing algorithms of their clients: one that was taken out of the
// configuration leaves clients without tokens, and nothing else would say so before they ask for one.
import type { Kysely } from 'kysely'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { Log } from '../log.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'

/** @throws any error of the store */
export async function checkClientAlgorithms(
  db: Kysely<Schema>,
  realms: ReadonlyMap<string, Realm>,
  signingKeys: SigningKeys,
  log: Pick<Log, 'error'>,
): Promise<void> {
  const used = await db
    .selectFrom('clients')
    .select(['realm', 'signing_algorithm', (query) => query.fn.countAll<number>().as('clients')])
    .where('signing_algorithm', 'is not', null)
    .groupBy(['realm', 'signing_algorithm'])
    .execute()
  for (const { realm, signing_algorithm: algorithm, clients } of used) {
    if (
      !realms.has(realm) ||
      signingKeys
        .of(realm)
        .algorithms()
        .some((name) => name === algorithm)
    )
      continue
    log.error(
      { realm, algorithm, clients: Number(clients) },
      `the realm does not have the signing algorithm ${algorithm} of ${clients} of its clients: they get no tokens (503). Add it to ` +
        `"signingAlgorithms" of the realm in the configuration, or list them: countersign client list --realm ${realm} --signing-algorithm ${algorithm}, ` +
        `and change each, if its verifiers accept another: countersign client update CLIENT --realm ${realm} --signing-algorithm realm`,
    )
  }
}
