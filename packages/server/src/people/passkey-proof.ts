// Proves by a passkey which person asks: the challenge is one of this server and was not used before, the signature is by the passkey, and the
// counter has not gone back. Every failure is answered as that of a secret.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkParts } from '../api/check-parts.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import { OAuthError, type AuthenticationFailure } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Store } from '../store/store.ts'
import { createChallenge, expectChallenge, spendChallenge } from './passkey-challenge.ts'
import { usePasskey } from './passkeys.ts'
import { authenticationResponse, readAuthentication, requestOptions, userHandleOf, type RelyingParty } from './relying-party.ts'

export interface PasskeyProofOptions {
  readonly store: Pick<Store, 'db' | 'transact'>
  readonly pepper: KeyRing
  readonly party: RelyingParty
  /** Its throttle counts failures. */
  readonly context: Pick<ClientRequestContext, 'clock' | 'addressOf' | 'protection'>
}

export interface ProvenPerson {
  readonly person: string
  /** The id of the passkey. */
  readonly passkey: string
}

export interface PasskeyProof {
  /** For `navigator.credentials.get()`: any passkey of this host. */
  options(): Promise<object>
  /** @throws OAuthError `invalid-client`; ProblemError `invalid-request` */
  prove(request: FastifyRequest): Promise<ProvenPerson>
}

const shape = z.strictObject({ passkey: authenticationResponse })

export function createPasskeyProof({ store, pepper, party, context }: PasskeyProofOptions): PasskeyProof {
  const { clock, addressOf, protection } = context

  async function prove(request: FastifyRequest): Promise<ProvenPerson> {
    const { passkey: response } = checkParts({ body: [shape, request.body] })['body'] as z.output<typeof shape>
    const address = addressOf(request)
    await protection.refuseBlocked(address, response.id, clock())
    const outcome = await check(response)
    if (typeof outcome !== 'string') return outcome
    await protection.recordFailure(address, response.id, clock())
    throw passkeyRefused(outcome)
  }

  async function check(response: z.output<typeof authenticationResponse>): Promise<ProvenPerson | AuthenticationFailure> {
    const { id } = response
    const row = await store.db.selectFrom('passkeys').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return 'unknown-passkey'
    const expected = expectChallenge(pepper, 'sign-in', clock())
    const counter = await readAuthentication(party, response, { id, publicKey: row.public_key }, expected.isExpected)
    const challenge = expected.found()
    const isOfPerson = response.response.userHandle === userHandleOf(row.person)
    if (counter === undefined || challenge === undefined || !isOfPerson) return 'wrong-passkey'
    return store.transact<ProvenPerson | AuthenticationFailure>(async (db) => {
      if (!(await spendChallenge(db, challenge))) return 'repeated-passkey'
      const isUsed = await usePasskey({ db, now: clock() }, id, counter)
      return isUsed ? { person: row.person, passkey: id } : 'passkey-counter-back'
    })
  }

  return { prove, options: () => requestOptions(party, createChallenge(pepper, 'sign-in', clock())) }
}

/** The same for every failure; the reason is for the audit log. */
export function passkeyRefused(reason: AuthenticationFailure): OAuthError {
  return new OAuthError('invalid-client', { reason })
}
