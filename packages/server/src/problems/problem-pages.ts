// The problem catalogue for readers: {publicUrl}/problems and {publicUrl}/problems/{code}, as HTML for people and as JSON
// for programs. Both are made from the one table; there is no text about a problem anywhere else.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import accepts from '@fastify/accepts'
import { isProblemCode, problems, problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { ProblemError } from '../refusals.ts'
import { catalogueHtml, problemHtml } from './problem-html.ts'

export async function mountProblemPages(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(accepts)
  const codes = Object.keys(problems) as ProblemCode[]

  app.get('/problems', (request, reply) => {
    if (wantsHtml(request)) return sendHtml(reply, catalogueHtml(codes.map((code) => [code, problems[code]])))
    return sendJson(reply, { problems: codes.map((code) => describe(publicUrl, code, problems[code])) })
  })

  app.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code))
      throw new ProblemError('not-found', {
        detail: 'The catalogue has no problem of that name.',
        remedy: `See ${publicUrl}/problems for all of them.`,
      })
    return wantsHtml(request)
      ? sendHtml(reply, problemHtml(code, problems[code]))
      : sendJson(reply, describe(publicUrl, code, problems[code]))
  })
}

/** Programs that accept anything get JSON; a browser names HTML first. */
function wantsHtml(request: FastifyRequest): boolean {
  return request.accepts().type(['json', 'html']) === 'html'
}

function describe(publicUrl: string, code: ProblemCode, { status, title, oauthError, causes }: ProblemEntry) {
  const [usual] = causes
  return {
    type: problemUri(publicUrl, code),
    code,
    status,
    title,
    ...(oauthError !== undefined && { error: oauthError }),
    ...usual,
    causes,
  }
}

const shared = { 'cache-control': 'public, max-age=300', vary: 'accept' }

function sendJson(reply: FastifyReply, document: unknown): FastifyReply {
  return reply.headers(shared).header('content-type', 'application/json').send(JSON.stringify(document))
}

function sendHtml(reply: FastifyReply, html: string): FastifyReply {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
  return reply
    .headers({ ...shared, 'content-security-policy': policy, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    .header('content-type', 'text/html; charset=utf-8')
    .send(html)
}
