// Serves a page: the same static HTML at each of its paths, so that links can be sent, and the files that it loads.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { escapeHtml } from '../http/html-page.ts'
import { toResponse } from '../http/shared-file.ts'
import { toError, ProblemError } from '../errors.ts'
import type { PageFiles } from './page-files.ts'
import type { PageMount } from './page-mount.ts'

export interface PageOptions {
  readonly name: PageMount['name']
  readonly title: string
  readonly files: () => Promise<PageFiles | undefined>
}

export function mountPages(app: FastifyInstance, { name: mount, title, files }: PageOptions): void {
  const path = `/${mount}`
  const config = { endpoint: { kind: mount } }
  const shell = async (request: FastifyRequest, reply: FastifyReply) => {
    const found = await files().catch((error: unknown) => {
      request.log.error({ err: toError(error) }, 'the pages could not be bundled')
      return undefined
    })
    reply.header('content-type', 'text/html; charset=utf-8').header('cache-control', 'no-cache')
    if (found) return reply.send(shellOf(path, title, found))
    return reply.code(503).send(missing(title))
  }
  for (const url of [path, `${path}/`, `${path}/*`]) app.get(url, { config }, shell)

  app.get<{ Params: { name: string } }>(`${path}/assets/:name`, { config }, async (request, reply) => {
    const file = (await files())?.files.get(request.params.name)
    if (!file) throw new ProblemError('not-found', notThere)
    const { headers, body } = await toResponse(file, request.headers['accept-encoding']?.toString())
    return reply.headers(headers).send(body)
  })
  // Not the page: a program that asks for what does not exist must learn it.
  for (const url of [`${path}/assets/*`, `${path}/api/*`])
    app.get(url, { config }, () => {
      throw new ProblemError('not-found')
    })
}

const notThere = {
  detail: 'This server has no such file; it may be of another version of the page.',
  remedy: 'Load the page again.',
}

function shellOf(path: string, title: string, { script, style, icon, preloads }: PageFiles): string {
  const address = (name: string) => escapeHtml(`${path}/assets/${name}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${address(style)}">
${icon === undefined ? '' : `<link rel="icon" href="${address(icon)}" type="image/svg+xml">\n`}${preloads.map((name) => `<link rel="modulepreload" href="${address(name)}">\n`).join('')}<script type="module" src="${address(script)}"></script>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. The <code>countersign</code> command can do the same.</noscript>
</body>
</html>
`
}

function missing(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body>
<h1>The pages are missing</h1>
<p>This installation of Countersign has no pages, or they could not be made; the log of the server says why. Tokens are issued all the same,
and the <code>countersign</code> command can do what the pages do.</p>
</body>
</html>
`
}
