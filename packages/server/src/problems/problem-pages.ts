// The problem catalogue: {publicUrl}/problems and {publicUrl}/problems/{code}, as HTML for people and as JSON for programs. Both
// are generated from the same table, which is the only place for texts about problems.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problems, problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { pageFreshness, prefersHtml, readAccept, sendHtml } from '../http/html-page.ts'
import { catalogueHtml, problemHtml } from './problem-html.ts'

/** Both forms of a page, rendered once, and sent from the same bytes: no caller can make the server render or copy them. */
interface Page {
  readonly html: Buffer
  readonly json: Buffer
}

const route = { config: { endpoint: { kind: 'problem-page' as const } } }

export async function mountProblemPages(app: FastifyInstance, publicUrl: string): Promise<void> {
  await readAccept(app)
  const entries = Object.entries(problems) as [ProblemCode, ProblemEntry][]
  const described = entries.map(([code, entry]) => describe(publicUrl, code, entry))
  const catalogue = toPage(catalogueHtml(entries), { problems: described })
  const pages = new Map<string, Page>(
    entries.map(([code, entry]) => [code, toPage(problemHtml(code, entry), describe(publicUrl, code, entry))]),
  )

  app.get('/problems', route, (request, reply) => send(request, reply, catalogue))

  app.get<{ Params: { code: string } }>('/problems/:code', route, (request, reply) => {
    const page = pages.get(request.params.code)
    if (page) return send(request, reply, page)
    const remedy = `See ${publicUrl}/problems for all of them.`
    throw new ProblemError('not-found', { detail: 'The catalogue has no problem of that name.', remedy })
  })
}

function toPage(html: string, json: object): Page {
  return { html: Buffer.from(html), json: Buffer.from(JSON.stringify(json)) }
}

function send(request: FastifyRequest, reply: FastifyReply, { html, json }: Page): FastifyReply {
  return prefersHtml(request) ? sendHtml(reply, html) : sendJson(reply, json)
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

function sendJson(reply: FastifyReply, json: Buffer): FastifyReply {
  return reply.headers(pageFreshness).header('content-type', 'application/json').send(json)
}
