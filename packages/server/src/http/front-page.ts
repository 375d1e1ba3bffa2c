// Pages at paths that have nothing for programs, and the parts that they are made of.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Endpoint } from './endpoints.ts'
import { escapeHtml, htmlPage, prefersHtml, readAccept, sendHtml, type PageFrame } from './html-page.ts'

export interface FrontPage {
  readonly path: string
  readonly title: string
  /** HTML whose parts are escaped. */
  readonly body: string
  readonly frame?: PageFrame
  readonly endpoint?: Endpoint
}

/**
 * Serves pages to browsers.
 * @param refuse throws, or answers, for a client that does not prefer HTML
 */
export async function mountFrontPages(
  app: FastifyInstance,
  pages: readonly FrontPage[],
  refuse: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
): Promise<void> {
  await readAccept(app)
  for (const { path, title, body, frame, endpoint } of pages) {
    const html = Buffer.from(htmlPage(title, body, frame))
    const config = endpoint && { config: { endpoint } }
    app.get(path, { ...config }, (request, reply) =>
      prefersHtml(request) ? sendHtml(reply, html) : refuse(request, reply.header('vary', 'accept')),
    )
  }
}

/** A card with a list of links, each with an explanation. */
export function linkList(links: readonly (readonly [href: string, name: string, explanation: string])[]): string {
  const items = links.map(
    ([href, name, explanation]) =>
      `<li><a href="${escapeHtml(href)}"><b>${escapeHtml(name)}</b><small>${escapeHtml(explanation)}</small></a></li>`,
  )
  return `<div class="card"><ul class="rows">${items.join('')}</ul></div>`
}

/** @param body HTML whose parts are escaped */
export function card(heading: string, body: string): string {
  return `<section class="card"><h2>${escapeHtml(heading)}</h2>${body}</section>`
}
