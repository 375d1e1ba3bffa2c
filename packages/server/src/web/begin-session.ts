// Begins a session once it is proven who signs in: by the secret of a client, or as a person. It counts only if its beginning is in the audit log.
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RequestDetails } from '../audit/events/kinds.ts'
import type { ClientRecord } from '../cache/records.ts'
import { authenticationFailed } from '../clients/authenticate-client.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { signInDateOfPerson } from '../sessions/person-standing.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import { signInDate, type FoundAccess, type SessionLimits } from '../sessions/session-standing.ts'
import type { Sessions, SessionStart } from '../sessions/sessions.ts'
import { readPerson, type PersonOfSession } from '../sessions/who.ts'
import type { Schema } from '../store/schema.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession, signedIn } from './record-session.ts'

export interface BeginSessionOptions {
  readonly mount: PageMount
  readonly sessions: Pick<Sessions, 'begin' | 'end'>
  readonly realms: ReadonlyMap<string, Realm>
  readonly db: Kysely<Schema>
  readonly clock: Clock
  readonly addressOf: (request: FastifyRequest) => string
  readonly audit: Pick<AuditLog, 'append'>
  readonly limits: SessionLimits
  readonly findAccess: SessionGuard['findAccess']
  /** The cookie of a request, whose session the new one replaces. */
  readonly readToken: (rawHeaders: readonly string[]) => string | undefined
}

export interface Begun {
  /** What the cookie gets. */
  readonly token: string
  readonly access: FoundAccess
}

export interface BeginSession {
  /** @throws OAuthError `invalid-client` if the client may not sign in */
  ofClient(
    request: FastifyRequest,
    client: ClientRecord,
    proof: { readonly secretId: string; readonly proof: 'secret' | 'link' },
  ): Promise<Begun>
  /**
   * @param id of a person who has just proven who it is
   * @throws ProblemError `signed-out` if the person may not sign in here: it was removed, has no role, or its organization is suspended
   */
  ofPerson(request: FastifyRequest, id: string, proof: PersonProof): Promise<Begun>
}

export interface PersonProof {
  readonly proof: 'passkey' | 'idp'
  /** The `sid` of the identity provider. */
  readonly idpSession?: string | undefined
  /** When the person last showed who it is, if that was not just now. Milliseconds. */
  readonly provenAt?: number
}

export function createBeginSession(options: BeginSessionOptions): BeginSession {
  const { mount, sessions, realms, db, clock, addressOf, audit, limits, findAccess, readToken } = options

  /** @param detail of its event */
  async function begin(
    request: FastifyRequest,
    of: SessionStart['of'],
    signedInAt: number,
    detail: Omit<RequestDetails['session.start'], 'sessionId'>,
    refuse: () => Error,
    provenAt = signedInAt,
  ): Promise<Begun> {
    const address = addressOf(request)
    const begun = await sessions.begin({
      of,
      signedInAt,
      confirmedAt: Math.min(provenAt, signedInAt),
      endsAt: signedInAt + limits.longest * 1000,
      address,
      userAgent: request.headers['user-agent'],
      replaces: readToken(request.raw.rawHeaders),
    })
    if (!begun) throw refuse()
    try {
      // From the store: what has authenticated the client may have been cached, and a link proves nothing about its standing.
      const access = await findAccess(begun.token)
      if (!access) throw refuse()
      await recordSession(audit, request, signedIn(access, address), 'session.start', { sessionId: begun.id, ...detail }, mount)
      return { token: begun.token, access }
    } catch (error) {
      await sessions.end(begun.id).catch(() => {})
      throw error
    }
  }

  return {
    ofClient(request, client, { secretId, proof }) {
      const signedInAt = signInDate(realms.get(client.realm)!, client, clock())
      const of = { client: client.id, credential: secretId }
      return begin(request, of, signedInAt, { secretId, proof }, () => authenticationFailed('client-disabled', client.clientId, client))
    },
    async ofPerson(request, id, { proof, idpSession, provenAt }) {
      const person = await readPerson(db, id)
      const realm = person && realms.get(person.realm)
      if (!realm) throw new ProblemError('signed-out')
      const signedInAt = signInDateOfPerson(person, realm, clock())
      const refuse = () => new ProblemError('signed-out')
      return begin(request, { person: id, idpSession }, signedInAt, { proof, ...namesOf(person) }, refuse, provenAt)
    },
  }
}

function namesOf({ issuer, subject }: PersonOfSession) {
  return issuer === null || subject === null ? {} : { issuer, subject }
}
