// Rotation of a client's own secret: start, cancel and confirm. The client authenticates as at the token endpoint, because a
// secret is changed only with proof of a secret: a token is seen by every API and proxy that it passes (decisions/028). Nothing
// can be forced here.
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Kysely } from 'kysely'
import { operations } from '@countersign/admin'
import { readSingleHeader } from '@countersign/protocol'
import { z } from 'zod'
import { readOptionalJson } from '../api/optional-body.ts'
import { checkParts } from '../api/check-parts.ts'
import { answerOnce, parseIdempotencyKey } from '../api/idempotency.ts'
import { refuseTakenAway, type AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { Realm } from '../realms/realm.ts'
import { readClient } from '../cache/read-clients.ts'
import { admitClientRequests, authenticateRequest, noteClientDenial, type ClientRequestContext } from '../clients/client-request.ts'
import { parseForm, type OAuthForm } from '../api/form.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { answerError } from '../http/answer-error.ts'
import { ProblemError } from '../errors.ts'
import { toRequestError } from '../http/request-aborted.ts'
import { originOf } from '../http/request-origin.ts'
import type { Actor, ApplyChange, Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'
import { toOwnSecretError } from './own-secret-error.ts'
import { cancelRotation, confirmRotation, startRotation, type RotationContext } from '../rotation/rotation-steps.ts'
import { readStanding } from '../rotation/rotation-rules.ts'
import type { SecretUsage } from '../rotation/secret-usage.ts'
import type { StepLimit } from './step-limit.ts'

export interface OwnSecretContext extends ClientRequestContext, RotationContext {
  readonly publicUrl: string
  readonly endpoint: Endpoint
  readonly db: Kysely<Schema>
  readonly usage: SecretUsage
  readonly applyChange: ApplyChange
  readonly stepLimit: StepLimit
}

const startBody = operations['rotation.start'].body.pick({ window: true })
const noBody = z.strictObject({})
/** The body is read before a secret is, and parsing JSON of megabytes would hold the event loop for every outsider who sends some. */
const maxBodyBytes = 65_536

/** A stolen credential of another kind must not yield a secret, which would outlive the end of that credential. */
const bySecret = { credentialKind: 'client_secret' } as const

/** Mounts the three changes below `path`, in their own scope. */
export function mountOwnSecretChanges(app: FastifyInstance, context: OwnSecretContext, path: string): void {
  const { realm, stepLimit, clock } = context
  readFormsAndJson(app)

  serve('POST', path, 'rotation.start', async (request, reply) => {
    const { form, body } = await readOwnChange(request)
    const authenticated = await authenticateRequest(context, request, form, bySecret)
    const { window } = checkParts({ body: [startBody, body] })['body'] as z.output<typeof startBody>
    refuseShortWindow(realm, window)
    stepLimit.count('start', authenticated.client.id, clock())
    reply.code(201)
    return apply(request, authenticated, 'rotation.start', { window }, (change) =>
      startRotation(change, context, realm, authenticated.client.clientId, { window, by: 'client' }),
    )
  })

  serve('DELETE', path, 'rotation.cancel', async (request) => {
    const { form, body } = await readOwnChange(request)
    // A client that cancels with the new secret gives it up: that does not count as use of the secret.
    const authenticated = await authenticateRequest(context, request, form, { ...bySecret, isUse: false })
    checkParts({ body: [noBody, body] })
    stepLimit.count('cancel', authenticated.client.id, clock())
    return apply(request, authenticated, 'rotation.cancel', {}, (change) =>
      cancelRotation(change, context, realm, authenticated.client.clientId, 'client'),
    )
  })

  serve('POST', `${path}/confirm`, 'rotation.confirm', async (request) => {
    const { form, body } = await readOwnChange(request)
    const authenticated = await authenticateRequest(context, request, form, bySecret)
    checkParts({ body: [noBody, body] })
    stepLimit.count('confirm', authenticated.client.id, clock())
    return apply(request, authenticated, 'rotation.confirm', {}, async (change) => {
      await requireNewSecret(change, realm, authenticated.client.clientId, authenticated.credential.id)
      return confirmRotation(change, context, realm, authenticated.client.clientId, {})
    })
  })

  function serve(
    method: HTTPMethods,
    url: string,
    kind: 'rotation.start' | 'rotation.cancel' | 'rotation.confirm',
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<Readonly<Record<string, unknown>>>,
  ): void {
    app.route({
      method,
      url,
      bodyLimit: Math.min(context.bodyLimit, maxBodyBytes),
      config: { public: true, surface: 'own-secret', endpoint: context.endpoint },
      onRequest: admitClientRequests(context),
      handler,
      errorHandler: (thrown, request, reply) => {
        const error = toRequestError(thrown, request)
        noteClientDenial(context, kind, error, request)
        return answerError(context.publicUrl, toOwnSecretError(error), request, reply)
      },
    })
  }

  /** Applies one step, idempotent by Idempotency-Key. */
  async function apply<Answer extends Readonly<Record<string, unknown>>>(
    request: FastifyRequest,
    authenticated: AuthenticatedClient,
    kind: 'rotation.start' | 'rotation.cancel' | 'rotation.confirm',
    input: object,
    step: (change: Change) => Promise<Answer>,
  ): Promise<Answer> {
    const { id, clientId, organization } = authenticated.client
    const actor: Actor = {
      kind: 'client',
      via: 'api',
      realm: realm.name,
      clientId,
      organizationId: organization.id,
      ...originOf(request, context.addressOf(request)),
    }
    // Scoped by the internal id: another client may have the same client id in another realm, or later.
    const key = parseIdempotencyKey(request.headers['idempotency-key'], `${realm.name}/${id}`, [kind, input])
    await context.usage.flushProofs()
    return answerOnce(
      context.db,
      key,
      (work) => context.applyChange(actor, kind, work),
      async (change) => {
        refuseTakenAway(await readClient(change.db, realm.name, clientId), authenticated, change.now)
        return step(change)
      },
      (answer) => ('clientSecret' in answer ? { ...answer, clientSecret: null } : answer),
    )
  }
}

/** Accepts JSON, and forms as at the token endpoint. */
function readFormsAndJson(app: FastifyInstance): void {
  readOptionalJson(app)
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

async function readOwnChange({ body, raw }: FastifyRequest): Promise<{ form: OAuthForm; body: unknown }> {
  if (!Buffer.isBuffer(body)) return { form: {}, body }
  const form = await parseForm(body, readSingleHeader(raw.rawHeaders, 'content-type'), false)
  const { window } = form
  return { form, body: window === undefined ? {} : { window: /^\d{1,10}$/.test(window) ? Number(window) : window } }
}

/** Only the new secret confirms. The old one proves nothing: the new one may be lost, or in the hands of a thief. */
export async function requireNewSecret(
  { db, now }: Pick<Change, 'db' | 'now'>,
  realm: Realm,
  clientId: string,
  credential: string,
): Promise<void> {
  const secrets = (await readClient(db, realm.name, clientId))?.secrets ?? []
  const standing = readStanding(secrets, now)
  if (standing.state !== 'stable' && standing.current.id !== credential) throw new ProblemError('new-secret-required')
}

/** A thief of a secret must not be able to end the owner's secret before the owner notices. */
export function refuseShortWindow({ name, secretRotation }: Realm, window: number | undefined): void {
  if (window === undefined || window >= secretRotation.window) return
  const expected = `expected at least ${secretRotation.window}, the window of the realm "${name}"`
  throw new ProblemError('invalid-request', {
    detail: `The window is too short: ${expected}.`,
    remedy: 'Leave "window" out. To end the old secret sooner, confirm once it is not used any more.',
    errors: [{ pointer: '/window', detail: expected }],
  })
}
