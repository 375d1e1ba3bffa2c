// The session of a person that an identity provider (IdP) has named: begun, or confirmed for a step that needs a fresh sign-in.
import type { FastifyRequest } from 'fastify'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { Flow } from '../idp/flow.ts'
import type { Identity } from '../idp/read-identity.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { endRights } from '../people/end-rights.ts'
import { bindToIdpSession, findPersonOfIdp, recordPerson } from '../people/people-of-idp.ts'
import { readSession, type Sessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import type { BeginSession } from './begin-session.ts'
import type { IdpParty } from './idp-party.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession } from './record-session.ts'

export interface PersonSessionsOptions {
  readonly mount: Pick<PageMount, 'name' | 'actor'>
  readonly store: Pick<Store, 'db' | 'transact'>
  readonly sessions: Pick<Sessions, 'confirm' | 'end'>
  readonly beginSession: Pick<BeginSession, 'ofPerson'>
  readonly audit: Pick<AuditLog, 'append'>
  readonly clock: Clock
  readonly addressOf: (request: FastifyRequest) => string
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

export interface PersonSessions {
  /**
   * Returns what the cookie gets; undefined if the session of the browser goes on.
   * @throws SignInRefusal; the error of a store or an audit log that cannot be written
   */
  signIn(request: FastifyRequest, party: IdpParty, identity: Identity, flow: Flow): Promise<string | undefined>
}

export function createPersonSessions(options: PersonSessionsOptions): PersonSessions {
  const { mount, store, sessions, beginSession, audit, clock, addressOf, onEnd } = options

  /** Whether that session is one of the person. */
  async function confirm(request: FastifyRequest, person: string, identity: Identity, id: string): Promise<boolean> {
    const { issuer, subject, idpSession } = identity
    const session = await readSession(store.db, id)
    if (session?.who.kind !== 'person' || session.who.person !== person) return false
    const { realm, name, organizationId } = session.who
    const who = { realm, person: { id: person, name }, organizationId, address: addressOf(request) }
    await recordSession(audit, request, who, 'session.confirm', { sessionId: id, proof: 'idp', issuer, subject }, mount)
    await sessions.confirm(session, undefined, clock())
    if (idpSession !== undefined) await bindToIdpSession(store.db, id, idpSession)
    return true
  }

  return {
    async signIn(request, party, identity, flow) {
      const of = await party.findPeople()
      const admission = party.admit(identity)
      if (!admission) {
        await endRights(store, of, identity, clock())
        throw new SignInRefusal('no-role', 'no-role', { identity })
      }
      const isConfirmation = flow.confirms !== undefined && (await findPersonOfIdp(store.db, of, identity))?.id === flow.confirms
      party.countSignIn(identity, isConfirmation)
      const person = await recordPerson(store, { identity, ...admission, flow, of, now: clock() })
      const { session, confirms } = flow
      if (session !== undefined && confirms !== undefined && (await confirm(request, person, identity, session))) return undefined
      const token = await begin(request, person, identity)
      // The browser does not send the cookie of its session with a navigation that another site began.
      if (session !== undefined) {
        await sessions.end(session)
        onEnd(session)
      }
      return token
    },
  }

  /** An identity provider asks nothing of a person that it knows already: that is no fresh sign-in, and neither is one without a date. */
  async function begin(request: FastifyRequest, person: string, { idpSession, provenAt = 0 }: Identity): Promise<string> {
    try {
      return (await beginSession.ofPerson(request, person, { proof: 'idp', idpSession, provenAt })).token
    } catch (cause) {
      if (cause instanceof ProblemError && cause.code === 'signed-out')
        throw new SignInRefusal('unavailable', 'organization-suspended', { cause })
      throw cause
    }
  }
}
