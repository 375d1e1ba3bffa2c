// The passkeys of a person who has signed in: a further one for another device, and the end of one.
import type { Actor, ApplyChange, Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { PersonAsking } from '../operators/operator-authority.ts'
import type { Store } from '../store/store.ts'
import { unusablePasskey } from './join.ts'
import { createChallenge, expectChallenge, spendChallenge } from './passkey-challenge.ts'
import { notePasskeyHost } from './passkey-host.ts'
import { addPasskey, listPasskeys, removePasskey } from './passkeys.ts'
import { creationOptions, readRegistration, type RegistrationResponse, type RelyingParty } from './relying-party.ts'

export interface FurtherContext {
  readonly pepper: KeyRing
  readonly party: RelyingParty
  readonly store: Pick<Store, 'db'>
  readonly applyChange: ApplyChange
}

/** In the transaction. @throws ProblemError `signed-out` */
type CheckStanding = (change: Pick<Change, 'db'>) => Promise<unknown>

export async function furtherOptions({ pepper, party, store }: FurtherContext, person: PersonAsking, now: number): Promise<object> {
  const challenge = createChallenge(pepper, `further:${person.id}`, now)
  const user = { id: person.id, name: person.name, address: person.address ?? person.name }
  return creationOptions(party, user, challenge, await listPasskeys(store.db, person.id))
}

/** Returns the id of the passkey. @throws ProblemError `invalid-request` or `conflict` */
export async function addFurther(
  { pepper, party, applyChange }: FurtherContext,
  actor: Actor,
  person: PersonAsking,
  { name, credential }: { readonly name: string; readonly credential: RegistrationResponse },
  now: number,
  checkStanding: CheckStanding,
): Promise<string> {
  const expected = expectChallenge(pepper, `further:${person.id}`, now)
  const passkey = await readRegistration(party, credential, expected.isExpected)
  const challenge = expected.found()
  if (!passkey || !challenge) throw unusablePasskey()
  return applyChange(actor, 'passkeys.add', async (change) => {
    await checkStanding(change)
    if (!(await spendChallenge(change.db, challenge))) throw unusablePasskey()
    await addPasskey(change, person.id, passkey, name)
    await notePasskeyHost(change.db, party.id)
    change.record(eventOf(person, actor, passkey.id))
    return passkey.id
  })
}

/**
 * The other sessions of the person end: the device of the passkey may have been stolen while it had one.
 * @param session of who asks @throws ProblemError `not-found`, or `conflict` for the only one
 */
export async function removeOwn(
  { applyChange }: FurtherContext,
  actor: Actor,
  person: PersonAsking,
  { id, session }: { readonly id: string; readonly session: string },
  checkStanding: CheckStanding,
): Promise<void> {
  await applyChange(actor, 'passkeys.remove', async (change) => {
    await checkStanding(change)
    await removePasskey(change, person.id, id)
    await change.db.deleteFrom('sessions').where('person', '=', person.id).where('id', '!=', session).execute()
    change.record(eventOf(person, actor, id))
  })
}

/** @throws ProblemError `not-found` for a client that has signed in by its secret; `conflict` for a person of an identity provider */
export function personOf({ person }: { readonly person?: PersonAsking | undefined }): PersonAsking {
  // With a passkey a person could go on who is not let in there any more.
  if (person && person.issuer !== null) throw new ProblemError('conflict', signsInAtCompany)
  if (person) return person
  throw new ProblemError('not-found', {
    detail: 'A client has no passkeys.',
    remedy: 'Sign in as a person, by a passkey.',
  })
}

const signsInAtCompany = {
  detail: 'The person signs in at the identity provider of the organization, and has no passkeys.',
  remedy: 'Sign in there.',
}

function eventOf({ id: person, name }: PersonAsking, { realm, organizationId }: Actor, passkey: string) {
  return { subject: { realm, organizationId }, changed: 'nothing', detail: { person, name, passkey } } as const
}
