// Signing in: by the id and the secret of a client, checked by the code of the token endpoint with its throttle, by the passkey of a person, or
// by a link that signs in once. No token is issued.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { checkParts } from '../api/check-parts.ts'
import type { RequestKind } from '../audit/events/kinds.ts'
import { authenticationFailed } from '../clients/authenticate-client.ts'
import { authenticateRequest, noteClientDenial, type ClientRequestContext } from '../clients/client-request.ts'
import type { ClientRecord } from '../cache/records.ts'
import { ProblemError } from '../errors.ts'
import { passkeyRefused, type PasskeyProof } from '../people/passkey-proof.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { Begun, BeginSession } from './begin-session.ts'
import type { PageMount } from './page-mount.ts'
import type { SignInLinks } from './sign-in-links.ts'

export interface SignInOptions {
  readonly mount: PageMount
  readonly beginSession: BeginSession
  /** How the clients of each realm are authenticated, by the name of the realm. */
  readonly contexts: ReadonlyMap<string, ClientRequestContext>
  readonly links: SignInLinks
  /** Whether the secret of a client signs in; a link always does. */
  readonly allowsSecret?: boolean
  /** Where people sign in by passkeys. */
  readonly passkeys?: Pick<PasskeyProof, 'prove'> | undefined
}

export interface SignIn {
  /** Begins a session. Returns what the cookie gets. @throws OAuthError `invalid-client`; ProblemError `invalid-request` or `insufficient-scope` */
  begin(request: FastifyRequest): Promise<Begun>
  /** Authenticates who has signed in once more. @throws OAuthError `invalid-client`; ProblemError `invalid-request` */
  confirm(request: FastifyRequest, access: Pick<SessionAccess, 'operator'>): Promise<Confirmation>
  /** Records a denial in the audit log. */
  noteDenial(kind: RequestKind, thrown: unknown, request: FastifyRequest): void
}

export interface Confirmation {
  /** The secret that was entered; undefined for a person. */
  readonly secretId?: string
  readonly proof: 'secret' | 'passkey'
}

const text = z.string().min(1).max(1024)
const byLink = z.strictObject({ once: text })
/** Its name, or its issuer or token URL. */
const realmName = z.string().max(1024)
const bySecret = z.strictObject({ clientId: text, clientSecret: text, realm: realmName })
const again = z.strictObject({ clientSecret: text })

/** A page has no use for a key, and a credential of another kind must not open it. */
const onlySecret = { credentialKind: 'client_secret', ignoresHeader: true } as const

interface Proof {
  readonly client: ClientRecord
  readonly secretId: string
  readonly proof: 'secret' | 'link'
}

export function createSignIn({ mount, beginSession, contexts, links, passkeys, allowsSecret = true }: SignInOptions): SignIn {
  const ofOperators = contexts.get(operatorsRealmName)!
  /** It has no client: the work and the answer are those for an unknown one, so that neither tells which realms there are, nor whose secret it is. */
  const ofNoRealm = { ...ofOperators, realm: { ...ofOperators.realm, name: '' } }
  const realmNamed = byNameOrUrl(contexts)
  const rules = { ...onlySecret, isUse: mount.isUse, anySecretMethod: mount.anySecretMethod }
  const { usualRealm } = mount
  const schema = usualRealm === undefined ? bySecret : bySecret.extend({ realm: realmName.default(usualRealm) })

  /** That of the realm that the body names; of the operators for one that does not exist. */
  function contextOf({ body }: FastifyRequest): ClientRequestContext {
    const { realm } = (body ?? {}) as { readonly realm?: unknown }
    return (typeof realm === 'string' ? contexts.get(realmNamed(realm)) : undefined) ?? ofOperators
  }

  async function proveSecret(request: FastifyRequest): Promise<Proof> {
    const { clientId, clientSecret, realm } = read(schema, request)
    if (!allowsSecret) throw authenticationFailed('method-not-registered', clientId)
    const form = { client_id: clientId, client_secret: clientSecret }
    const name = realmNamed(realm)
    const isOpen = contexts.has(name) && mount.isClosedTo?.(name) !== true
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
      if (passkeys && has(request, 'passkey')) {
        const { person } = await passkeys.prove(request)
        return beginSession.ofPerson(request, person, { proof: 'passkey' })
      }
      const isLink = has(request, 'once')
      const { client, ...proof } = await (isLink ? proveLink(request) : proveSecret(request))
      return beginSession.ofClient(request, client, proof)
    },

    async confirm(request, { operator: { realm, clientId, id, person } }) {
      if (person) {
        if (!passkeys) throw new ProblemError('invalid-request', { detail: 'A person has no secret to enter.', remedy: 'Sign in again.' })
        const proven = await passkeys.prove(request)
        if (proven.person !== person.id) throw passkeyRefused('wrong-passkey')
        return { proof: 'passkey' }
      }
      const { clientSecret } = read(again, request)
      const form = { client_id: clientId, client_secret: clientSecret }
      const { client, credential } = await authenticateRequest(contexts.get(realm)!, request, form, rules)
      if (client.id !== id) throw authenticationFailed('unknown-client', clientId)
      return { secretId: credential.id, proof: 'secret' }
    },

    noteDenial: (kind, thrown, request) => noteClientDenial(contextOf(request), kind, thrown, request),
  }
}

function has({ body }: FastifyRequest, member: string): boolean {
  return Object.hasOwn((body ?? {}) as object, member)
}

function read<Schema extends z.ZodObject>(schema: Schema, { body }: FastifyRequest): z.output<Schema> {
  return checkParts({ body: [schema, body] })['body'] as z.output<Schema>
}

/**
 * An integrator knows a token URL, which need not have the name of its realm in it. By the path, because a proxy may give the server another
 * host. What is found nowhere is returned as it is.
 */
function byNameOrUrl(contexts: SignInOptions['contexts']): (text: string) => string {
  const names = new Map(
    [...contexts].flatMap(([name, { realm }]) => realm.addresses.flatMap((at) => [at.path, at.tokenPath].map((path) => [path, name]))),
  )
  return (text) => {
    const path = URL.parse(text)?.pathname ?? text
    return names.get(path.replace(/\/$/, '')) ?? text
  }
}
