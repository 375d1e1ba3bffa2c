// What the sample APIs answer beside their routes: pages for a person who opens their addresses in a browser, and problems for unknown
// paths and malformed requests, as of the guard and the server.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemContentType, problemDocument, problems, type ProblemCode } from '@countersign/protocol'
import { card, linkList, mountFrontPages, pageOfRefusal } from '@countersign/server'
import type { DemoState, DemoSystem } from '../home.ts'
import { isClone, ownName } from '../own-name.ts'

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Must be called before the APIs are registered, so that their scopes inherit it. */
export function answerWithProblems(app: FastifyInstance, serverUrl: string): void {
  const unknown = answer(serverUrl, 'not-found')
  app.setNotFoundHandler((request, reply) => unknown(request, reply))
  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const isOfRequest = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
    if (!isOfRequest) request.log.error(error)
    return answer(serverUrl, isOfRequest ? 'invalid-request' : 'internal-error')(request, reply)
  })
}

export function answer(serverUrl: string, code: ProblemCode): Answer {
  return (request, reply) => {
    const details = code === 'not-found' ? explainSlash(request.url) : undefined
    const headers = { 'content-type': problemContentType, 'cache-control': 'no-store', 'x-request-id': request.id }
    reply.code(problems[code].status).headers(headers)
    const page = pageOfRefusal(serverUrl, code, request, details ?? {})
    if (page) return reply.headers(page.headers).send(page.html)
    return reply.send(JSON.stringify(problemDocument(serverUrl, code, { requestId: request.id, ...details })))
  }
}

/** A base URL that ends with a slash is the usual reason. */
function explainSlash(url: string): { readonly detail: string; readonly remedy: string } | undefined {
  const [path = ''] = url.split('?', 1)
  const difference = path.includes('//') ? 'two slashes in a row' : path.endsWith('/') && path !== '/' ? 'a slash at its end' : undefined
  return difference === undefined
    ? undefined
    : { detail: `The path has ${difference}.`, remedy: 'Send the request to the path with single slashes, and none at its end.' }
}

export async function mountSamplePages(
  app: FastifyInstance,
  { serverUrl, systems }: DemoState,
  routes: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const names = Object.keys(systems)
  const problemList = `${serverUrl}/problems`
  const where = [
    [`${serverUrl}/`, 'The authorization server', serverUrl],
    [problemList, 'Problems', 'every error: what happened, why, and what to do'],
  ] as const
  const front = {
    path: '/',
    title: 'Sample APIs',
    frame: { problems: problemList },
    body: `<p class="lead">The APIs of the four systems of the Countersign demo. Each accepts only requests with a token for it.</p>
${linkList([...names.map((name) => [`/${name}`, name, countOf(routes.get(name)?.length ?? 0)] as const), ...where])}`,
  }
  const ofSystems = names.map((name) => ({
    path: `/${name}`,
    title: `Sample API ${name}`,
    frame: { problems: problemList, crumbs: [['/', 'Sample APIs']] as const },
    body: `<p class="lead">Send a token with each request; a browser does not. ${isClone ? 'In the clone, this runs a program that does' : 'This gets one'}:</p>
<div class="card"><pre><code>${commandFor(name, 'acme')}</code></pre>${describeKeyedClient(name, systems[name])}</div>
${card('Routes', `<ul>${(routes.get(name) ?? []).map((route) => `<li><code>${route}</code></li>`).join('')}</ul>`)}
<h2>Where to go</h2>
${linkList([['/', 'All sample APIs', 'of this demo'], ...where])}`,
  }))
  await mountFrontPages(app, [front, ...ofSystems], answer(serverUrl, 'not-found'))
}

function describeKeyedClient(name: string, system: DemoSystem | undefined): string {
  if (system?.keyedClients?.['acme'] === undefined) return ''
  return `<p>With a private key in place of a secret:</p><pre><code>${commandFor(name, 'acme-key')}</code></pre>`
}

/** Runs a program that calls the API, or gets a token for it. */
function commandFor(name: string, client: string): string {
  return isClone ? `npm run consumer -- ${name} ${client}` : `${ownName} token get ${name}/${client}`
}

function countOf(routes: number): string {
  return routes === 1 ? '1 route' : `${routes} routes`
}
