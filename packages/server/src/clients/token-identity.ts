// The tokens of two clients can always be told apart. Where "client_id" is left out of tokens, they name their client by "azp", which a
// client's own grant may set; then the subject tells it from the client that has this name. With both, its tokens would be those of the
// other client: with the rights of that organization, and valid after this client is disabled.
import type { CheckedInput } from '@countersign/admin'
import { parseGrant } from '../cache/read-grants.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import type { ClientRow } from './lock-client.ts'

type Given = Pick<CheckedInput<'clients.update'>['body'], 'subject' | 'grant'>
type Named = Pick<ClientRow, 'client_id' | 'own_grant'>

/**
 * Called when the row was written. Also where tokens have "client_id" now: the realm may leave it out later.
 * @param isNew whether the client was created just now; its id is random then
 * @throws ProblemError `conflict`
 */
export async function refuseSharedIdentity(
  { db }: Pick<Change, 'db'>,
  { name: realm, tokenProfile }: Realm,
  clientId: string,
  { subject: given, grant }: Given,
  isNew: boolean,
): Promise<void> {
  const isSame = isNew ? !given : given === undefined && grant === undefined
  if (isSame || tokenProfile !== 'keycloak') return
  const ofRealm = db.selectFrom('clients').select(['id', 'client_id', 'subject', 'own_grant']).where('realm', '=', realm)
  const own = await ofRealm.where('client_id', '=', clientId).executeTakeFirstOrThrow()
  const subject = own.subject ?? own.id
  const others = ofRealm.where('id', '!=', own.id)
  const namesakes = [
    ...(await others.where('subject', '=', subject).execute()),
    ...(await others.where('subject', 'is', null).where('id', '=', subject).execute()),
  ]
  if (namesakes.every((other) => nameIn(other) !== nameIn(own))) return
  throw new ProblemError('conflict', {
    detail: `Tokens of the client would have the subject and the "azp" of another client, and could not be told from its tokens.`,
    remedy: 'Choose another "subject", or null for the id of the client; or leave "azp" out of its grant.',
  })
}

/** The "azp" of a client's tokens. */
function nameIn({ client_id: clientId, own_grant: grant }: Named): unknown {
  if (grant === null) return clientId
  try {
    return parseGrant(grant).claims['azp'] ?? clientId
  } catch {
    return clientId // A damaged client gets no tokens.
  }
}
