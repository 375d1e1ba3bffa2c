// Pages for people: plain HTML with a few lines of style, readable without a script, on a phone and in dark mode. A page loads nothing
// and may do nothing but link.
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import accepts from '@fastify/accepts'
import type { Endpoint } from './endpoints.ts'

/** For {@link prefersHtml}, in this scope. */
export async function readAccept(app: FastifyInstance): Promise<void> {
  await app.register(accepts)
}

/** Clients that accept anything get JSON; a browser names HTML first. Requires {@link readAccept}. */
export function prefersHtml(request: FastifyRequest): boolean {
  return request.accepts().type(['json', 'html']) === 'html'
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const style = `
:root { --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --paper: #fff; --card: #f6f8fa; --link: #0b57a4; --four: #9a4a00; --five: #a11d33 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #2c3542; --paper: #12171e; --card: #1a212b; --link: #7db8f5; --four: #f0b072; --five: #f58a9c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
header, main { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 1.5rem; color: var(--soft); font-size: .9rem; letter-spacing: .02em }
main { padding-bottom: 3rem }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1rem 0 .5rem }
h2 { font-size: 1.05rem; line-height: 1.4; margin: 0 0 .35rem }
main > h2 { margin: 2rem 0 .5rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; margin: 1rem 0 }
section p { margin: 0 }
.remedies section p::before { content: "What to do: "; font-weight: 600 }
.lead, .facts { color: var(--soft) }
a { color: var(--link) }
code, b { font-family: ui-monospace, monospace; font-size: .92em }
.s4 { color: var(--four) } .s5 { color: var(--five) }
.list { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line) }
.list a { display: flex; gap: 1rem; padding: .6rem .25rem; border-bottom: 1px solid var(--line); color: inherit; text-decoration: none }
.list a:hover, .list a:focus-visible { background: var(--card) }
.list small { display: block; color: var(--soft); font-family: ui-monospace, monospace }
.back { margin: 2rem 0 0 }
`

/** @param body HTML whose parts are escaped */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'Countersign' ? title : `${escapeHtml(title)} · Countersign`}</title>
<style>${style}</style>
</head>
<body>
<header>Countersign</header>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
}

export const pageFreshness = { 'cache-control': 'public, max-age=300', vary: 'accept' }

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', style, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function sendHtml(reply: FastifyReply, html: string | Buffer): FastifyReply {
  return reply
    .headers({ 'content-security-policy': policy, 'x-frame-options': 'DENY' }) // the second for browsers that do not know frame-ancestors
    .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    .headers(pageFreshness)
    .header('content-type', 'text/html; charset=utf-8')
    .send(html)
}

export interface FrontPage {
  readonly path: string
  readonly title: string
  /** HTML whose parts are escaped. */
  readonly body: string
  readonly endpoint?: Endpoint
}

/**
 * Serves pages to browsers, at paths that have nothing for programs.
 * @param refuse throws, or answers, for a client that does not prefer HTML
 */
export async function mountFrontPages(
  app: FastifyInstance,
  pages: readonly FrontPage[],
  refuse: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
): Promise<void> {
  await readAccept(app)
  for (const { path, title, body, endpoint } of pages) {
    const html = Buffer.from(htmlPage(title, body))
    const config = endpoint && { config: { endpoint } }
    app.get(path, { ...config }, (request, reply) =>
      prefersHtml(request) ? sendHtml(reply, html) : refuse(request, reply.header('vary', 'accept')),
    )
  }
}

/** A list of links with an explanation of each. */
export function linkList(links: readonly (readonly [href: string, name: string, explanation: string])[]): string {
  const items = links.map(
    ([href, name, explanation]) =>
      `<li><a href="${escapeHtml(href)}"><span>${escapeHtml(name)}<small>${escapeHtml(explanation)}</small></span></a></li>`,
  )
  return `<ul class="list">${items.join('')}</ul>`
}
