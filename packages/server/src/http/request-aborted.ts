// Tells the end of a caller from trouble of our own: Node reports a request that breaks off with the code of a connection that was
// reset, as a broken connection to the database has it.
import type { FastifyRequest } from 'fastify'
import { RequestAborted, toError } from '../errors.ts'

/** What was thrown while a request was handled, as an error; {@link RequestAborted} if reading the request failed. */
export function toRequestError(thrown: unknown, { raw }: Pick<FastifyRequest, 'raw'>): Error {
  // By identity: a store can fail while a caller goes away.
  return thrown instanceof Error && raw.errored === thrown
    ? new RequestAborted('The caller ended its request', { cause: thrown })
    : toError(thrown)
}
