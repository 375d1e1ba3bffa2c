// The routes of passkeys besides the sign-in itself: the options of one, and the passkeys of the person who has signed in.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { displayName } from '@countersign/admin'
import { actorOf } from '../api/actor-of.ts'
import { checkParts } from '../api/check-parts.ts'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import type { Actor } from '../change/apply-change.ts'
import { admitClientRequests, type ClientRequestContext } from '../clients/client-request.ts'
import { ProblemError } from '../errors.ts'
import { answerError } from '../http/answer-error.ts'
import { toRequestError } from '../http/request-aborted.ts'
import { readPersonAuthority } from '../sessions/person-authority.ts'
import { portalRightsOf } from '../sessions/person-standing.ts'
import { sessionAccessOf } from '../sessions/session-guard.ts'
import { freshUntil, type SessionAccess, type SessionLimits } from '../sessions/session-standing.ts'
import type { Realm } from '../realms/realm.ts'
import { toSignInError } from '../web/sign-in-error.ts'
import { addFurther, furtherOptions, personOf, removeOwn, type FurtherContext } from '../people/further-passkeys.ts'
import type { AskerLimits } from './asker-limits.ts'
import { maxPasskeyBytes } from './invitation-routes.ts'
import type { PasskeyProof } from '../people/passkey-proof.ts'
import { listPasskeys, type Passkey } from '../people/passkeys.ts'
import { registrationResponse } from '../people/relying-party.ts'

export interface PasskeyRoutesOptions extends FurtherContext {
  /** Of the API of the portal. */
  readonly path: string
  /** Of the server, for problems. */
  readonly publicUrl: string
  readonly realms: ReadonlyMap<string, Realm>
  readonly limits: SessionLimits
  readonly context: ClientRequestContext
  readonly proof: PasskeyProof
  readonly askers: AskerLimits
}

const endpoint = { kind: 'portal' as const }
const requires = { dpa: 'any' as const }
const nothing = z.strictObject({})
const added = z.strictObject({ name: displayName, credential: registrationResponse })

/** @param app has the guard of the session */
export function mountPasskeys(app: FastifyInstance, options: PasskeyRoutesOptions): void {
  const { path, publicUrl, realms, limits, context, proof, store, askers } = options
  const { clock, addressOf } = context
  const url = `${path}/passkeys`
  const own = { config: { requires, endpoint }, bodyLimit: maxPasskeyBytes }

  app.route({
    method: 'POST',
    url: `${path}/passkey/options`,
    bodyLimit: maxPasskeyBytes,
    config: { public: true, endpoint },
    onRequest: admitClientRequests(context),
    errorHandler: (thrown, request, reply) =>
      answerError(publicUrl, toSignInError(toRequestError(thrown, request), 'portal'), request, reply),
    handler: async (request) => {
      checkParts({ body: [nothing, request.body] })
      return { publicKey: await proof.options() }
    },
  })

  app.route({
    ...own,
    method: 'GET',
    url,
    handler: async (request) => {
      const person = personOf(sessionAccessOf(request).operator)
      return { items: (await listPasskeys(store.db, person.id)).map(describe) }
    },
  })

  app.post(`${url}/options`, own, async (request) => {
    checkParts({ body: [nothing, request.body] })
    const access = sessionAccessOf(request)
    const person = personOf(access.operator)
    requireFreshSignIn(access)
    askers.countChange(person.id, person.organizationId, clock())
    return { publicKey: await furtherOptions(options, person, clock()) }
  })

  app.post(url, own, async (request, reply) => {
    const access = sessionAccessOf(request)
    const person = personOf(access.operator)
    requireFreshSignIn(access)
    askers.countChange(person.id, person.organizationId, clock())
    const body = checkParts({ body: [added, request.body] })['body'] as z.output<typeof added>
    const id = await addFurther(options, actorAt(request, person.name), person, body, clock(), standingOf(access))
    const made = (await listPasskeys(store.db, person.id)).find((one) => one.id === id)
    if (!made) throw new ProblemError('signed-out')
    return reply.code(201).send(describe(made))
  })

  app.delete<{ Params: { id: string } }>(`${url}/:id`, own, async (request, reply) => {
    const access = sessionAccessOf(request)
    const person = personOf(access.operator)
    askers.countChange(person.id, person.organizationId, clock())
    const removed = { id: request.params.id, session: access.session.id }
    await removeOwn(options, actorAt(request, person.name), person, removed, standingOf(access))
    return reply.code(204).send()
  })

  const standingOf = (access: SessionAccess) => (change: Parameters<typeof readPersonAuthority>[0]) =>
    readPersonAuthority(change, access, { realms, rightsOf: portalRightsOf })

  const actorAt = (request: FastifyRequest, name: string): Actor => ({
    ...actorOf(request, sessionAccessOf(request).operator.realm, addressOf),
    kind: 'person',
    via: 'portal',
    name,
  })

  function requireFreshSignIn({ session }: SessionAccess): void {
    if (clock() >= freshUntil(session, limits)) throw new ProblemError('sign-in-again')
  }
}

function describe({ id, name, createdAt, lastUsedAt }: Passkey) {
  return { id, name, createdAt: toInstant(createdAt), lastUsedAt: toInstantOrNull(lastUsedAt) }
}
