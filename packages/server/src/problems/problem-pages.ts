// The problem catalogue: {publicUrl}/problems and {publicUrl}/problems/{code}, as HTML for people and as JSON for programs. Both
// are generated from the same table, which is the only place for texts about problems.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemUri } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { pageFreshness, prefersHtml, readAccept, sendHtml } from '../http/html-page.ts'
import { catalogueHtml } from './catalogue-html.ts'
import { searchPath, searchScript } from './catalogue-search.ts'
import { listedProblems, type ListedProblem } from './problem-groups.ts'
import { problemHtml } from './problem-html.ts'

/** Both forms of a page, rendered once, and sent from the same bytes: no caller can make the server render or copy them. */
interface Page {
  readonly html: () => Buffer
  readonly json: () => Buffer
}

const route = { config: { endpoint: { kind: 'problem-page' as const } } }

export async function mountProblemPages(app: FastifyInstance, publicUrl: string): Promise<void> {
  await readAccept(app)
  const catalogue: Page = {
    html: once(catalogueHtml),
    json: once(() => JSON.stringify({ problems: listedProblems.map((problem) => describe(publicUrl, problem)) })),
  }
  const script = once(() => searchScript(listedProblems))
  const pages = new Map<string, Page>(
    listedProblems.map((problem) => {
      const json = once(() => JSON.stringify(describe(publicUrl, problem)))
      return [problem[0], { html: once(() => problemHtml(publicUrl, problem)), json }]
    }),
  )

  app.get('/problems', route, (request, reply) => send(request, reply, catalogue, { script: true }))

  app.get(searchPath, route, (_request, reply) =>
    reply
      .headers({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': pageFreshness['cache-control'] })
      .headers({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
      .send(script()),
  )

  app.get<{ Params: { code: string } }>('/problems/:code', route, (request, reply) => {
    const page = pages.get(request.params.code)
    if (page) return send(request, reply, page)
    const remedy = `See ${publicUrl}/problems for all of them.`
    throw new ProblemError('not-found', { detail: 'The catalogue has no problem of that name.', remedy })
  })
}

/** When it is first asked for, so that a start does not wait for pages that no request needs. */
function once(render: () => string): () => Buffer {
  let bytes: Buffer | undefined
  return () => (bytes ??= Buffer.from(render()))
}

function send(request: FastifyRequest, reply: FastifyReply, { html, json }: Page, options?: { readonly script: boolean }): FastifyReply {
  return prefersHtml(request) ? sendHtml(reply, html(), options) : sendJson(reply, json())
}

function describe(publicUrl: string, [code, { status, title, oauthError, causes }]: ListedProblem) {
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
