// The rotation of a client's own secrets by that client: below GET /v1/me, with any valid token of it and nothing else. Nothing
// can be forced here, and a client whose last secret was revoked gets no new one by a token that is still around.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { operations } from '@countersign/admin'
import { meRequirement, type Requirement } from '@countersign/guard'
import { z } from 'zod'
import { checkParts } from '../api/check-parts.ts'
import { answerOnce, parseIdempotencyKey } from '../api/idempotency.ts'
import { actorOf } from '../api/actor-of.ts'
import type { ChangeKind } from '../audit/events/kinds.ts'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import { readClient } from '../cache/read-organizations.ts'
import { ProblemError } from '../errors.ts'
import type { ApplyChange, Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'
import { cancelRotation, confirmRotation, readRotation, startRotation, type RotationContext } from '../rotation/rotation-steps.ts'
import { readStanding } from '../rotation/rotation-rules.ts'
import type { SecretUsage } from '../rotation/secret-usage.ts'

export interface SelfServiceOptions extends RotationContext {
  readonly usage: SecretUsage
  readonly realms: ReadonlyMap<string, Realm>
  readonly db: Kysely<Schema>
  readonly clock: Clock
  readonly applyChange: ApplyChange
  readonly addressOf: (request: FastifyRequest) => string
}

/** Mounts it below a path of GET /v1/me, in a scope whose guard lets in the clients of one realm or of all. */
export type ServeSelfService = (app: FastifyInstance, mePath: string) => void

const startBody = operations['rotation.start'].body.pick({ window: true })
/** Unlike reading: whom a suspended organization's token fell to must not come by a secret for the time after. */
const changesOwnSecrets: Requirement = { dpa: 'any' }
const noBody = z.strictObject({})

/**
 * Starts that may be tried with one token in an hour, on each node: every one is in the audit log for ever. By the token and not by
 * the client, or a stolen one could use up what the owner may do; whoever can get ever new tokens has the secret.
 */
const startsPerHour = 20
const hour = 3_600_000
/** Forgetting them all then gives away some starts, and bounds the memory. */
const maxTokensCounted = 10_000

export function createSelfService(options: SelfServiceOptions): ServeSelfService {
  const { db, clock, applyChange, usage } = options
  const realmOf = new Map([...options.realms.values()].map((realm) => [realm.issuer, realm]))
  const starts = { since: 0, of: new Map<string, number>() }

  function who(request: FastifyRequest): { realm: Realm; clientId: string } {
    const { issuer, clientId } = request.access.token
    return { realm: realmOf.get(issuer)!, clientId }
  }

  function countStart(tokenId: string): void {
    const now = clock()
    if (now - starts.since >= hour || starts.of.size >= maxTokensCounted) {
      starts.since = now
      starts.of.clear()
    }
    const count = (starts.of.get(tokenId) ?? 0) + 1
    starts.of.set(tokenId, count)
    if (count > startsPerHour)
      throw new ProblemError('rate-limited', {
        detail: `This token has asked for more than ${startsPerHour} rotations within an hour.`,
        remedy: 'Wait for the seconds in "Retry-After"; a rotation is started once, and confirmed when the new secret is in use.',
        headers: { 'retry-after': String(Math.ceil((starts.since + hour - now) / 1000)) },
      })
  }

  /** One step, once per Idempotency-Key. */
  async function apply<Answer extends Readonly<Record<string, unknown>>, Kind extends ChangeKind>(
    request: FastifyRequest,
    kind: Kind,
    step: (change: Change<Kind>) => Promise<Answer>,
  ): Promise<Answer> {
    const { realm, clientId } = who(request)
    // With the realm: client ids are unique within one only, and those of operators have keys of their own.
    const key = parseIdempotencyKey(request.headers['idempotency-key'], `${realm.name}/${clientId}`, [kind, request.body ?? {}])
    await usage.settle()
    const actor = actorOf(request, realm.name, options.addressOf)
    return answerOnce(
      db,
      key,
      (work) => applyChange(actor, kind, work),
      step,
      (answer) => ('clientSecret' in answer ? { ...answer, clientSecret: null } : answer),
    )
  }

  async function refuseWithoutSecret(change: Change, realm: Realm, clientId: string): Promise<void> {
    const client = await readClient(change.db, realm.name, clientId)
    if (client && !readStanding(client.secrets, change.now).current)
      throw new ProblemError('conflict', {
        detail: 'The client has no secret any more: the last one was revoked or has ended.',
        remedy: 'Ask the operator of the server for a new one.',
      })
  }

  return (app, mePath) => {
    const path = `${mePath}/secret-rotation`
    const reads = { config: { requires: meRequirement } }
    const writes = { config: { requires: changesOwnSecrets } }

    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('cache-control', 'no-store')
      return payload
    })
    app.get(path, reads, (request) => {
      const { realm, clientId } = who(request)
      return readRotation(db, options, realm, clientId, clock())
    })
    app.post(path, writes, async (request, reply) => {
      const { realm, clientId } = who(request)
      const { window } = checkParts({ body: [startBody, request.body] })['body'] as z.output<typeof startBody>
      refuseShortWindow(realm, window)
      countStart(request.access.token.tokenId)
      const answer = await apply(request, 'rotation.start', async (change) => {
        await refuseWithoutSecret(change, realm, clientId)
        return startRotation(change, options, realm, clientId, { window })
      })
      return reply.code(201).send(answer)
    })
    app.delete(path, writes, (request) => {
      const { realm, clientId } = who(request)
      return apply(request, 'rotation.cancel', (change) => cancelRotation(change, options, realm, clientId))
    })
    app.post(`${path}/confirm`, writes, (request) => {
      const { realm, clientId } = who(request)
      checkParts({ body: [noBody, request.body] })
      return apply(request, 'rotation.confirm', (change) => confirmRotation(change, options, realm, clientId, {}))
    })
  }
}

/** Whoever stole a token must not be able to end the owner's secret before the owner notices. */
function refuseShortWindow({ name, secretRotation }: Realm, window: number | undefined): void {
  if (window === undefined || window >= secretRotation.window) return
  const expected = `expected at least ${secretRotation.window}, the window of the realm "${name}"`
  throw new ProblemError('invalid-request', {
    detail: `The window is too short: ${expected}.`,
    remedy: 'Leave "window" out. To end the old secret sooner, confirm once it is not used any more.',
    errors: [{ pointer: '/window', detail: expected }],
  })
}
