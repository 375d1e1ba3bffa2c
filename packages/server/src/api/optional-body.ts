// The bodies of JSON surfaces. No bytes are no body, whatever Content-Type comes with them: many HTTP clients send one with every POST and
// DELETE. A handler that needs a body names the members that are missing.
import type { IncomingMessage } from 'node:http'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import { jsonBodyParser } from '../http/json-bodies.ts'

/** Accepts JSON in this scope, and no bytes of any type. */
export function readOptionalJson(app: FastifyInstance): void {
  const parseJson = jsonBodyParser(app)
  app.removeAllContentTypeParsers()
  // Before a media type is looked at, which may be no valid one.
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (hasNoBody(raw)) delete raw.headers['content-type']
    done()
  })
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) =>
    body.length === 0 ? done(null, undefined) : parseJson(request, body, done),
  )
  app.addContentTypeParser('*', refuseBytes)
}

/** RFC 9112 §6.3: a request without both headers has no body. */
function hasNoBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  return encoding === undefined && /^0+$/.test(length)
}

/** A chunked body shows only by its first chunk, or its end, that it has no bytes. The rest of another body is not read. */
function refuseBytes(_request: FastifyRequest, payload: IncomingMessage, done: (error: Error | null, body?: undefined) => void): void {
  const end = (error: Error | null) => {
    payload.off('data', onData).off('end', onEnd).off('error', end).pause()
    done(error)
  }
  const onData = () => end(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE())
  const onEnd = () => end(null)
  payload.once('data', onData).once('end', onEnd).once('error', end)
}
