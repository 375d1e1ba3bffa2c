// The reference of the admin API: its OpenAPI document, and a page that shows it. It contains no secret, but it is large and for
// operators: it is on the operations listener, and on the public one only if the configuration says so. The page is written here, its
// script comes from a package; a browser loads nothing from any other host.
import Fastify, { type FastifyInstance } from 'fastify'
import { openApiDocument } from '@countersign/admin'
import { createSharedFile, toResponse, type SharedFiles } from '../http/shared-file.ts'
import { withoutSchemas } from '../http/without-schemas.ts'

const path = '/admin/v1/reference'
const fresh = 'public, max-age=300'
const route = { config: { endpoint: { kind: 'admin' as const } } }

/** The script adds its styles to the page, hence 'unsafe-inline' for those; it can reach only this server. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function createReference(publicUrl: string): SharedFiles {
  const documentHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': fresh }
  return new Map([
    ['/admin/v1/openapi.json', createSharedFile(documentHeaders, () => JSON.stringify(openApiDocument({ serverUrl: publicUrl })))],
    [path, createSharedFile(pageHeaders, () => page)],
    [`${path}/start.js`, createSharedFile(scriptHeaders, () => start)],
    [`${path}/scalar.js`, createSharedFile(scriptHeaders, readScript)],
  ])
}

/** On the public listener. */
export function mountReference(app: FastifyInstance, reference: SharedFiles): void {
  for (const [url, file] of reference) {
    app.get(url, route, async (request, reply) => {
      const { headers, body } = await toResponse(file, request.headers['accept-encoding']?.toString())
      return reply.headers(headers).send(body)
    })
  }
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': fresh,
  'content-security-policy': policy,
  'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}
const scriptHeaders = { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': fresh, 'x-content-type-options': 'nosniff' }

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Admin API · Countersign</title>
</head>
<body>
<noscript>This page needs JavaScript. The same as a document: <a href="openapi.json">openapi.json</a>.</noscript>
<div id="reference"></div>
<script src="reference/scalar.js"></script>
<script src="reference/start.js"></script>
</body>
</html>
`

/** Disables every feature that would contact another host, or take a secret into the page. */
const settings = {
  url: '/admin/v1/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  hideTestRequestButton: true,
  defaultOpenAllTags: true,
  documentDownloadType: 'json',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
}
const start = `Scalar.createApiReference('#reference', ${JSON.stringify(settings)})\n`

/**
 * The package exposes its script only through a plugin with its own paths and headers, so the script is requested from that
 * plugin once. That takes 43 MB and a third of a second, which a server pays only when its reference is read.
 */
async function readScript(): Promise<string> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const source = Fastify({ schemaController: withoutSchemas })
  await source.register(scalar, { routePrefix: '/reference', configuration: { url: '/' } })
  const { body } = await source.inject('/reference/js/scalar.js')
  await source.close()
  return body
}
