// JSON bodies: as strict as Fastify reads them, and each member of an object only once.
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { hasRepeatedMember } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'

/** The parser of every JSON body. It fails with the errors of Fastify, or `invalid-request` for a member that is there twice. */
export function jsonBodyParser(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, text, done) =>
    parse(request, text, (error, value: unknown) => {
      if (error) done(error, undefined)
      else if (hasRepeatedMember(text, value)) done(repeatedMember(), undefined)
      else done(null, value)
    })
}

function repeatedMember(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'An object in the body has the same member twice.',
    remedy: 'Send each member once: programs disagree on which of the two counts.',
  })
}
