// The page of an invitation: what it is for, the options of a passkey, and accepting it. What the link has comes in the body of a POST, so that
// no log has it; nothing is changed before the last step, because scanners of mail open links.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { displayName, workAddress } from '@countersign/admin'
import { isNameOfProvider } from '../access-requests/access-request.ts'
import { checkParts } from '../api/check-parts.ts'
import { toInstant } from '../api/instants.ts'
import { admitClientRequests, type ClientRequestContext } from '../clients/client-request.ts'
import { answerError } from '../http/answer-error.ts'
import { originOf } from '../http/request-origin.ts'
import { toRequestError } from '../http/request-aborted.ts'
import type { FoundAccess } from '../sessions/session-standing.ts'
import type { Store } from '../store/store.ts'
import type { BeginSession } from '../web/begin-session.ts'
import type { SessionCookie } from '../web/session-cookie.ts'
import { toSignInError } from '../web/sign-in-error.ts'
import { join, joinOptions, type JoinContext } from '../people/join.ts'
import { registrationResponse } from '../people/relying-party.ts'
import { findInvitation, type OpenInvitation } from '../people/use-invitation.ts'

export interface InvitationRoutesOptions extends JoinContext {
  /** Of the API of the portal. */
  readonly path: string
  /** Of the server, for problems. */
  readonly publicUrl: string
  readonly store: Pick<Store, 'db'>
  /** Its throttle admits every attempt. */
  readonly context: ClientRequestContext
  readonly beginSession: BeginSession
  readonly cookie: SessionCookie
  readonly describe: (access: FoundAccess) => object
}

export const maxPasskeyBytes = 16_384
const endpoint = { kind: 'portal' as const }

const opened = z.strictObject({ invitation: z.string().max(100) })
const nameOfPerson = displayName.refine((name) => !isNameOfProvider(name), { error: 'Expected the name of a person' })
const begun = opened.extend({ name: nameOfPerson, address: workAddress })
const accepted = begun.extend({ credential: registrationResponse })

export function mountInvitations(app: FastifyInstance, options: InvitationRoutesOptions): void {
  const { path, publicUrl, store, context, pepper, realms, beginSession, cookie, describe } = options
  const { clock, addressOf } = context
  const url = `${path}/invitation`

  const read = <Shape extends z.ZodObject>(shape: Shape, { body }: FastifyRequest) =>
    checkParts({ body: [shape, body] })['body'] as z.output<Shape>
  const find = (invitation: string): Promise<OpenInvitation> => findInvitation(store.db, pepper, realms, invitation, clock())

  const throttled = {
    bodyLimit: maxPasskeyBytes,
    config: { public: true as const, endpoint },
    onRequest: admitClientRequests(context),
    errorHandler: (thrown: unknown, request: FastifyRequest, reply: Parameters<typeof answerError>[3]) =>
      answerError(publicUrl, toSignInError(toRequestError(thrown, request), 'portal'), request, reply),
  }

  app.route({
    ...throttled,
    method: 'POST',
    url,
    handler: async (request) => {
      const { realm, organization, role, invitedBy, endsAt } = await find(read(opened, request).invitation)
      return { realm, realmName: realm, organization: { name: organization.name }, role, invitedBy, endsAt: toInstant(endsAt) }
    },
  })

  app.post(`${url}/options`, throttled, async (request) => {
    const { invitation, ...person } = read(begun, request)
    return { publicKey: await joinOptions(options, await find(invitation), person, clock()) }
  })

  app.post(`${url}/accept`, throttled, async (request, reply) => {
    const { invitation, ...person } = read(accepted, request)
    const from = originOf(request, addressOf(request))
    const joined = await join(options, await find(invitation), person, from, clock())
    const { token, access } = await beginSession.ofPerson(request, joined, { proof: 'passkey' })
    return reply.code(201).header('set-cookie', cookie.set(token)).send(describe(access))
  })
}
