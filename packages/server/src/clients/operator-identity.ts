// No token of another client is taken for one of an operator. Where "client_id" is left out of tokens, they name their client by "azp",
// which a client's own grant may set; then the subject is what tells it from others.
import type { CheckedInput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { subjectOf } from '../realms/subject.ts'
import { cutTokensBefore } from '../token/token-cut.ts'
import type { ClientRow } from './lock-client.ts'

type Settings = Pick<CheckedInput<'clients.update'>['body'], 'subject' | 'operatorScopes'>

/**
 * Called when the row was written. A client that becomes an operator, or an operator with another subject, gets new tokens: those from
 * before may be in the hands of APIs.
 * @param before the row of an existing client
 * @throws ProblemError `conflict` if an operator would share its subject
 */
export async function keepOperatorIdentity(
  { db, now }: Change,
  realm: Realm,
  clientId: string,
  { subject: given, operatorScopes }: Settings,
  before?: ClientRow,
): Promise<void> {
  const isNewId = !before && given === null // Random, so that no other client has it as its subject.
  if ((given === undefined || isNewId) && !operatorScopes) return
  const row = await db
    .selectFrom('clients')
    .select(['id', 'subject', 'operator_scopes', 'tokens_not_before'])
    .where('realm', '=', realm.name)
    .where('client_id', '=', clientId)
    .executeTakeFirstOrThrow()
  const subject = subjectOf(realm, { ...row, clientId })
  let others = db.selectFrom('clients').select('id').where('realm', '=', realm.name).where('id', '!=', row.id).limit(1)
  if (row.operator_scopes === null) others = others.where('operator_scopes', 'is not', null)
  const namesake =
    (await others.where('subject', '=', subject).executeTakeFirst()) ??
    (await others.where('subject', 'is', null).where('id', '=', subject).executeTakeFirst())
  if (namesake) throw sharedSubject(row.operator_scopes !== null)
  if (!before || row.operator_scopes === null || (before.operator_scopes !== null && before.subject === row.subject)) return
  const cut = Math.max(row.tokens_not_before, cutTokensBefore(now))
  await db.updateTable('clients').set({ tokens_not_before: cut }).where('id', '=', row.id).execute()
}

function sharedSubject(isOperator: boolean): ProblemError {
  return new ProblemError('conflict', {
    detail: `The subject is that of ${isOperator ? 'another client; an operator needs one' : 'an operator, which has it'} of its own.`,
    remedy: isOperator
      ? 'Give one of them another "subject", or null for its id.'
      : 'Choose another "subject", or null for the id of the client.',
  })
}
