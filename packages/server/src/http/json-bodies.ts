// JSON bodies: in UTF-8, as strict as Fastify reads them, and each member of an object only once.
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { hasRepeatedMember, readSingleHeader } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { charsetsOf, refuseCharset } from './charset.ts'

/**
 * The parser of every JSON body. It fails with the errors of Fastify, or `invalid-request` for a member or a Content-Type that is there
 * twice and for a body that is not UTF-8: Fastify would put replacement characters for what it cannot decode, and they would be stored.
 */
export function jsonBodyParser(app: FastifyInstance): FastifyBodyParser<Buffer> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) => {
    if (readSingleHeader(request.raw.rawHeaders, 'content-type') === 'repeated') return done(repeatedType(), undefined)
    if (refuseCharset(body, charsetsOf(request.headers['content-type'] ?? ''))) return done(wrongCharset(), undefined)
    const text = body.toString('utf8')
    parse(request, text, (error, value: unknown) => {
      if (error) done(error, undefined)
      else if (hasRepeatedMember(text, value)) done(repeatedMember(), undefined)
      else done(null, value)
    })
  }
}

function wrongCharset(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'The body is not valid UTF-8, or its Content-Type names another charset in which it would be another text.',
    remedy: 'Send JSON in UTF-8 (RFC 8259 §8.1), and leave the charset out of the Content-Type.',
  })
}

/** Node takes the first, and a proxy that inspects bodies may take the second. */
function repeatedType(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'The request has more than one Content-Type header.',
    remedy: 'Send one, with the value application/json.',
  })
}

function repeatedMember(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'An object in the body has the same member twice.',
    remedy: 'Send each member once: programs disagree on which of the two counts.',
  })
}
