// Asks for a token in the name of the client that has signed in, or of one of the organization of the person, inside the server: the answer is that
// of the token endpoint, with its throttle, its counters and its audit events. The secret is entered for it; neither it nor the token is stored or
// logged.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { checkParts } from '../api/check-parts.ts'
import { admitClientRequests, authenticateRequest, noteClientDenial } from '../clients/client-request.ts'
import { OAuthError, toError } from '../errors.ts'
import { originOf } from '../http/request-origin.ts'
import { oauthRefusal } from '../http/refusal-response.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import { countIssued, countRefused } from '../oauth/count-usage.ts'
import type { OAuthContext } from '../oauth/oauth-endpoint.ts'
import { createTokenAnswer } from '../oauth/token-endpoint.ts'
import { sessionAccessOf } from '../sessions/session-guard.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { Schema } from '../store/schema.ts'
import { findClientOf } from './client-of-organization.ts'
import { notYours, refuseLowRole, roleOf } from './own-rules.ts'

export interface TryTokenOptions {
  readonly path: string
  readonly db: Kysely<Schema>
  /** By realm. */
  readonly contexts: ReadonlyMap<string, OAuthContext>
  readonly keysOf: (realm: string) => RealmKeys
}

const asked = z.strictObject({
  clientSecret: z.string().min(1).max(1024),
  scope: z.string().max(4096).optional(),
})
/** A person says which client. */
const askedByPerson = asked.extend({ clientId: z.string().min(1).max(1024) })
const maxBodyBytes = 16_384
const bySecret = { credentialKind: 'client_secret', ignoresHeader: true, anySecretMethod: true } as const

/** @param app has the guard of the session */
export function mountTryToken(app: FastifyInstance, { path, db, contexts, keysOf }: TryTokenOptions): void {
  const answers = new Map(Array.from(contexts, ([name, context]) => [name, createTokenAnswer(context, keysOf(name))]))
  // As at a sign-in, the denial of the secret is what is recorded.
  const endpoint = { kind: 'portal', answersAs: 'token' } as const
  const config = { requires: { dpa: 'any' as const }, surface: 'sign-in' as const, endpoint }

  app.post(path, { config, bodyLimit: maxBodyBytes }, async (request, reply) => {
    const access = sessionAccessOf(request)
    refuseLowRole('developer', roleOf(access))
    const { realm } = access.operator
    const context = contexts.get(realm)!
    const { clientId, clientSecret, scope } = await readAsked(request, access)
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...(scope && { scope }) }
    const origin = originOf(request, context.addressOf(request))
    try {
      await admit(context, request, reply)
      const json = await answers.get(realm)!({ form, origin, authenticate: () => authenticateRequest(context, request, form, bySecret) })
      context.countOutcome('issued')
      countIssued(context, request)
      return reply.header('content-type', 'application/json').send(json)
    } catch (thrown) {
      if (!(thrown instanceof OAuthError)) throw thrown
      return refuse(context, thrown, request, reply)
    }
  })

  async function readAsked({ body }: FastifyRequest, access: SessionAccess): Promise<z.output<typeof askedByPerson>> {
    const { realm, clientId: own, person } = access.operator
    if (!person) return { clientId: own, ...(checkParts({ body: [asked, body] })['body'] as z.output<typeof asked>) }
    const named = checkParts({ body: [askedByPerson, body] })['body'] as z.output<typeof askedByPerson>
    if (!(await findClientOf(db, { realm, organizationId: person.organizationId }, named.clientId))) throw notYours(access)
    return named
  }

  function refuse(context: OAuthContext, error: OAuthError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    context.countOutcome(error.reason)
    countRefused(context, request, error)
    noteClientDenial(context, 'token.request', error, request)
    request.refused = { ...request.refused, code: error.code }
    const { status, headers, document } = oauthRefusal(context.publicUrl, error.code, error.details)
    return reply.code(status).headers(headers).send(JSON.stringify(document))
  }
}

/** As a hook of the token endpoint does. */
function admit(context: OAuthContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const done = (error?: Error) => (error ? reject(toError(error)) : resolve())
  admitClientRequests(context).call(request.server, request, reply, done)
  return promise
}
