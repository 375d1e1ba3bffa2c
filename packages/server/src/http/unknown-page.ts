// The page for a person who opens an address that has nothing for a browser. Programs get the document of the problem.
import { STATUS_CODES } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { problems, problemUri, type ProblemCode } from '@countersign/protocol'
import { card, linkList } from './front-page.ts'
import { escapeHtml, htmlPage, pageHeaders } from './html-page.ts'

/** Refusals of the path or the method: every other one is about what a program sent. */
const codes: ReadonlySet<ProblemCode> = new Set([
  'not-found',
  'method-not-allowed',
  'wrong-path',
  'wrong-realm',
  'token-method-not-allowed',
])

interface PageOfRefusal {
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

/**
 * Undefined for a program.
 * @param details instead of the first cause of the catalogue. Must not repeat the input
 */
export function pageOfRefusal(
  publicUrl: string,
  code: ProblemCode,
  request: Pick<FastifyRequest, 'method' | 'headers' | 'id'>,
  details: { readonly detail?: string; readonly remedy?: string },
): PageOfRefusal | undefined {
  if (!codes.has(code) || !isNavigation(request)) return undefined
  const headers = { ...pageHeaders(), 'cache-control': 'no-store', vary: 'accept' }
  return { headers, html: unknownHtml(publicUrl, code, request.id, details) }
}

/**
 * Whether a person opened the address in a browser. Browsers name both types; the HTTP client of the JDK prefers "text/html" as well, and
 * is a program.
 */
function isNavigation({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean {
  const { accept = '', authorization, 'sec-fetch-dest': destination = 'document' } = headers
  if ((method !== 'GET' && method !== 'HEAD') || authorization !== undefined || destination !== 'document') return false
  return /\btext\/html\b/i.test(accept) && /\bapplication\/xhtml\+xml\b/i.test(accept) && !/\bjson\b/i.test(accept)
}

function unknownHtml(publicUrl: string, code: ProblemCode, requestId: string, details: Parameters<typeof pageOfRefusal>[3]): string {
  const { status, title, causes } = problems[code]
  const { detail = causes[0].cause, remedy = causes[0].remedy } = details
  return htmlPage(
    title,
    `<p class="facts"><span class="chip warn">${status} ${STATUS_CODES[status]}</span></p>
<p class="lead">${escapeHtml(detail)}</p>
${remedy && card('What to do', `<p>${escapeHtml(remedy)}</p>`)}
<h2>Where to go</h2>
${linkList([
  [problemUri(publicUrl, code), 'About this problem', 'what happened, why, and what to do'],
  [`${publicUrl}/`, 'This server', 'what it is'],
])}
<p class="small soft">Request id <code>${escapeHtml(requestId)}</code></p>`,
    { home: `${publicUrl}/`, problems: `${publicUrl}/problems` },
  )
}
