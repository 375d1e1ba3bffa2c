// Accepting an invitation: a person is made, with a first passkey. Two who accept one invitation at once are one person and a refusal.
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { lockOrganization } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { personOfInvitation } from './invitation-token.ts'
import { createChallenge, expectChallenge } from './passkey-challenge.ts'
import { notePasskeyHost } from './passkey-host.ts'
import { addPasskey } from './passkeys.ts'
import { creationOptions, readRegistration, type RegistrationResponse, type RelyingParty } from './relying-party.ts'
import { useInvitation, type OpenInvitation } from './use-invitation.ts'

export interface JoinContext {
  readonly pepper: KeyRing
  readonly party: RelyingParty
  readonly realms: ReadonlyMap<string, Realm>
  readonly applyChange: ApplyChange
}

export interface NewPerson {
  readonly name: string
  readonly address: string
}

const firstPasskey = 'First passkey'

/** For `navigator.credentials.create()`. */
export function joinOptions({ pepper, party }: JoinContext, { id }: OpenInvitation, person: NewPerson, now: number): Promise<object> {
  const challenge = createChallenge(pepper, `invitation:${id}`, now)
  return creationOptions(party, { id: personOfInvitation(id), ...person }, challenge)
}

/** Returns the id of the person. @throws ProblemError `invitation-ended`, `invalid-request` or `conflict` */
export async function join(
  { pepper, party, realms, applyChange }: JoinContext,
  { id, realm: realmName, organization, role }: OpenInvitation,
  { name, address, credential }: NewPerson & { readonly credential: RegistrationResponse },
  from: Pick<Actor, 'address' | 'requestId' | 'callerRequestId' | 'traceId'>,
  now: number,
): Promise<string> {
  const realm = realms.get(realmName)!
  const { isExpected } = expectChallenge(pepper, `invitation:${id}`, now)
  const passkey = await readRegistration(party, credential, isExpected)
  if (!passkey) throw unusablePasskey()
  const person = personOfInvitation(id)
  const actor: Actor = {
    ...from,
    kind: 'person',
    via: 'portal',
    realm: realm.name,
    clientId: person,
    organizationId: organization.id,
    name,
  }
  return applyChange(actor, 'people.join', async (change) => {
    const { id: organizationId, status } = await lockOrganization(change, realm, organization.id)
    if (status !== 'active') throw new ProblemError('invitation-ended')
    const row = { id: person, realm: realm.name, organization_id: organizationId, role, name, address, created_at: change.now }
    // A person of this id is there already if another request was faster.
    const { numInsertedOrUpdatedRows: made } = await change.db
      .insertInto('people')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirstOrThrow()
    if (made !== 1n) throw new ProblemError('invitation-ended')
    await useInvitation(change, id, person)
    await addPasskey(change, person, passkey, firstPasskey)
    await notePasskeyHost(change.db, party.id)
    const detail = { person, name, address, role, invitation: id, passkey: passkey.id }
    change.record({ subject: { realm: realm.name, organizationId }, changed: 'rights', detail })
    return person
  })
}

export function unusablePasskey(): ProblemError {
  return new ProblemError('invalid-request', {
    detail:
      '/credential: expected a passkey that was made for this page a moment ago, with the lock of the device (PIN, fingerprint or face)',
    remedy: 'Make the passkey again at the address of the portal.',
    errors: [{ pointer: '/credential', detail: 'expected a passkey that was made for this page a moment ago' }],
  })
}
