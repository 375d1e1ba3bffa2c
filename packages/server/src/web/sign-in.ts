// Signing in: by the id and the secret of a client, checked by the code of the token endpoint with its throttle, or by a link that signs
// in once. No token is issued.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkParts } from '../api/check-parts.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RequestKind } from '../audit/events/kinds.ts'
import type { ClientRecord } from '../cache/records.ts'
import { authenticationFailed } from '../clients/authenticate-client.ts'
import { authenticateRequest, noteClientDenial, type ClientRequestContext } from '../clients/client-request.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import { signInDate, type SessionAccess, type SessionLimits } from '../sessions/session-standing.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession } from './record-session.ts'
import type { SignInLinks } from './sign-in-links.ts'

export interface SignInOptions {
  readonly mount: PageMount
  readonly sessions: Sessions
  /** How the clients of each realm are authenticated, by the name of the realm. */
  readonly contexts: ReadonlyMap<string, ClientRequestContext>
  readonly audit: Pick<AuditLog, 'append'>
  readonly limits: SessionLimits
  readonly links: SignInLinks
  readonly findAccess: SessionGuard['findAccess']
  /** The cookie of a request, whose session the new one replaces. */
  readonly readToken: (rawHeaders: readonly string[]) => string | undefined
}

export interface SignIn {
  /** Begins a session. Returns what the cookie gets. @throws OAuthError `invalid-client`; ProblemError `invalid-request` or `insufficient-scope` */
  begin(request: FastifyRequest): Promise<{ readonly token: string; readonly access: Omit<SessionAccess, 'allowed'> }>
  /** Authenticates the client once more. Returns the id of its secret. @throws OAuthError `invalid-client`; ProblemError `invalid-request` */
  confirm(request: FastifyRequest, client: Pick<ClientRecord, 'realm' | 'clientId' | 'id'>): Promise<string>
  /** Records a denial in the audit log. */
  noteDenial(kind: RequestKind, thrown: unknown, request: FastifyRequest): void
}

const text = z.string().min(1).max(1024)
const byLink = z.strictObject({ once: text })
const realmName = z.string().max(64)
const bySecret = z.strictObject({ clientId: text, clientSecret: text, realm: realmName })
const again = z.strictObject({ clientSecret: text })

/** A page has no use for a key, and a credential of another kind must not open it. */
const onlySecret = { credentialKind: 'client_secret', ignoresHeader: true } as const

interface Proof {
  readonly client: ClientRecord
  readonly secretId: string
  readonly proof: 'secret' | 'link'
}

export function createSignIn({ mount, sessions, contexts, audit, limits, links, findAccess, readToken }: SignInOptions): SignIn {
  const ofOperators = contexts.get(operatorsRealmName)!
  /** It has no client: the work and the answer are those for an unknown one, so that neither tells which realms there are, nor whose secret it is. */
  const ofNoRealm = { ...ofOperators, realm: { ...ofOperators.realm, name: '' } }
  const rules = { ...onlySecret, isUse: mount.isUse, anySecretMethod: mount.anySecretMethod }
  const { usualRealm } = mount
  const schema = usualRealm === undefined ? bySecret : bySecret.extend({ realm: realmName.default(usualRealm) })

  /** That of the realm that the body names; of the operators for one that does not exist. */
  function contextOf({ body }: FastifyRequest): ClientRequestContext {
    const { realm } = (body ?? {}) as { readonly realm?: unknown }
    return (typeof realm === 'string' ? contexts.get(realm) : undefined) ?? ofOperators
  }

  async function proveSecret(request: FastifyRequest): Promise<Proof> {
    const { clientId, clientSecret, realm } = read(schema, request)
    const form = { client_id: clientId, client_secret: clientSecret }
    const isOpen = contexts.has(realm) && mount.isClosedTo?.(realm) !== true
    const { client, credential } = await authenticateRequest(isOpen ? contextOf(request) : ofNoRealm, request, form, rules)
    mount.admit?.(client)
    return { client, secretId: credential.id, proof: 'secret' }
  }

  async function proveLink(request: FastifyRequest): Promise<Proof> {
    const { once } = read(byLink, request)
    const now = ofOperators.clock()
    const linked = links.take(once, now)
    if (linked === undefined) throw authenticationFailed('unknown-client')
    const { client } = await ofOperators.cache.readClient(linked.realm, linked.clientId)
    const secret = client?.secrets.find(({ expiresAt }) => expiresAt === null || expiresAt > now)
    if (!client || !secret) throw authenticationFailed('unknown-client', linked.clientId)
    return { client, secretId: secret.id, proof: 'link' }
  }

  return {
    async begin(request) {
      const isLink = Object.hasOwn((request.body ?? {}) as object, 'once')
      const { client, secretId, proof } = await (isLink ? proveLink(request) : proveSecret(request))
      const { realm, clock, addressOf } = contexts.get(client.realm)!
      const address = addressOf(request)
      const signedInAt = signInDate(realm, client, clock())
      const begun = await sessions.begin({
        client: client.id,
        credential: secretId,
        signedInAt,
        endsAt: signedInAt + limits.longest * 1000,
        address,
        userAgent: request.headers['user-agent'],
        replaces: readToken(request.raw.rawHeaders),
      })
      if (!begun) throw authenticationFailed('unknown-client', client.clientId)
      try {
        // From the store: what has authenticated the client may have been cached, and a link proves nothing about its standing.
        const access = await findAccess(begun.token)
        if (!access) throw authenticationFailed('client-disabled', client.clientId, client)
        const who = { realm: client.realm, clientId: client.clientId, organizationId: client.organization.id, address }
        await recordSession(audit, request, who, 'session.start', { sessionId: begun.id, secretId, proof }, mount)
        return { token: begun.token, access }
      } catch (error) {
        await sessions.end(begun.id).catch(() => {})
        throw error
      }
    },

    async confirm(request, { realm, clientId, id }) {
      const { clientSecret } = read(again, request)
      const form = { client_id: clientId, client_secret: clientSecret }
      const { client, credential } = await authenticateRequest(contexts.get(realm)!, request, form, rules)
      if (client.id !== id) throw authenticationFailed('unknown-client', clientId)
      return credential.id
    },

    noteDenial: (kind, thrown, request) => noteClientDenial(contextOf(request), kind, thrown, request),
  }
}

function read<Schema extends z.ZodObject>(schema: Schema, { body }: FastifyRequest): z.output<Schema> {
  return checkParts({ body: [schema, body] })['body'] as z.output<Schema>
}
