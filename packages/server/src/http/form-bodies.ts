import type { FastifyInstance } from 'fastify'

/** Bodies of OAuth requests are parsed by api/form.ts whatever their media type, so every type arrives as bytes. */
export function readFormsAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // The usual media type by its name, because "*" is looked up last.
  app.addContentTypeParser(['application/x-www-form-urlencoded', '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
