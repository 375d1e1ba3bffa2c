// Pages for people: plain HTML with their style inside, readable without a script, on a phone and in dark mode. A page loads nothing
// but a script of its own, if it has one, and may do nothing but link.
import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import accepts from '@fastify/accepts'
import { pageStyle } from './page-style.ts'

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

/** What is around the body of a page. */
export interface PageFrame {
  /** Where the name of the product leads. */
  readonly home?: string
  /** Where the list of problems is. */
  readonly problems?: string
  /** The page is that list. */
  readonly isList?: true
  /** The pages above this one. */
  readonly crumbs?: readonly (readonly [href: string, name: string])[]
  /** The address of a script on the same origin. */
  readonly script?: string
}

const mark =
  '<svg viewBox="0 0 20 20" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" d="M3 10.5 7 14.5 17 4.5M3 4.5h6M13 14.5h4"/></svg>Countersign'

/** @param body HTML whose parts are escaped */
export function htmlPage(title: string, body: string, { home, problems, isList, crumbs = [], script }: PageFrame = {}): string {
  const brand = home === undefined ? `<div class="brand">${mark}</div>` : `<a class="brand" href="${escapeHtml(home)}">${mark}</a>`
  const here = isList ? ' aria-current="page"' : ''
  const links = problems === undefined ? '' : `<nav aria-label="Main"><a href="${escapeHtml(problems)}"${here}>Problems</a></nav>`
  const above = crumbs.map(([href, name]) => `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>`).join(' / ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'Countersign' ? title : `${escapeHtml(title)} · Countersign`}</title>
<style>${pageStyle}</style>
</head>
<body>
<header class="bar"><div>${brand}${links}</div></header>
<main>
${above && `<nav class="crumbs" aria-label="Above">${above}</nav>\n`}<h1>${escapeHtml(title)}</h1>
${body}
</main>
${script === undefined ? '' : `<script src="${escapeHtml(script)}"></script>\n`}</body>
</html>
`
}

export const pageFreshness = { 'cache-control': 'public, max-age=300', vary: 'accept' }

const stylePolicy = `style-src 'sha256-${hash('sha256', pageStyle, 'base64')}'`
const limits = [
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]
const policy = ["default-src 'none'", stylePolicy, ...limits].join('; ')
const policyWithScript = ["default-src 'none'", "script-src 'self'", stylePolicy, ...limits].join('; ')

/** @param script whether the page has a script of its own */
export function pageHeaders(script = false): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': script ? policyWithScript : policy,
    'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  }
}

export function sendHtml(reply: FastifyReply, html: string | Buffer, { script = false } = {}): FastifyReply {
  return reply.headers(pageHeaders(script)).headers(pageFreshness).send(html)
}
