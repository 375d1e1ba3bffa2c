// What browsers report that the policy of the pages has stopped: a number in the metrics, and a line in the log for a few. Anybody can send
// one, so a report is text of a stranger.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { spellOutInvisible } from '@countersign/admin'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import { looksLikeSecret } from '../keys/secret-format.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'

export interface CspReportOptions {
  readonly path: string
  readonly endpoint: EndpointKind
  readonly clock: Clock
  readonly addressOf: (request: FastifyRequest) => string
  readonly count: () => void
}

const maxBytes = 8192
/** A minute and address. */
const maxReports = 10
const maxAddresses = 1000
const maxTextLength = 200
const members = [
  'effectiveDirective',
  'violated-directive',
  'effective-directive',
  'blockedURL',
  'blocked-uri',
  'documentURL',
  'document-uri',
]

/** In a scope of its own, because it reads media types that no other route does. */
export function mountCspReports(app: FastifyInstance, { path, endpoint, clock, addressOf, count }: CspReportOptions): void {
  const buckets = new BoundedMap<Bucket>(maxAddresses)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/reports+json', 'application/csp-report', 'application/json'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  )

  app.post(path, { bodyLimit: maxBytes, config: { endpoint: { kind: endpoint } }, onRequest: admit }, (request, reply) => {
    count()
    const violation = readViolation(request.body as Buffer)
    if (violation) request.log.warn(violation, 'a browser reports that a page tried what its policy forbids')
    return reply.code(204).send()
  })

  function admit(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
    const address = addressOf(request)
    let bucket = buckets.get(address)
    if (!bucket) buckets.set(address, (bucket = createBucket(maxReports / 60, maxReports)))
    done(bucket.take(clock()) ? undefined : new ProblemError('rate-limited', { headers: { 'retry-after': '60' } }))
  }
}

/** The first of a batch; undefined for what is no report. */
function readViolation(bytes: Buffer): Record<string, string> | undefined {
  let document: unknown
  try {
    document = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  const [first] = [document].flat() as ({ readonly body?: unknown; readonly 'csp-report'?: unknown } | null)[]
  const body = (first?.body ?? first?.['csp-report']) as Record<string, unknown> | null | undefined
  if (typeof body !== 'object' || body === null) return undefined
  const told = members.flatMap((name) => (typeof body[name] === 'string' ? [[name, clean(body[name])] as const] : []))
  return told.length > 0 ? Object.fromEntries(told) : undefined
}

function clean(text: string): string {
  const [path = ''] = text.split(/[?#]/, 1)
  const isSecret = looksLikeSecret(path) || path.includes('eyJ')
  return isSecret ? '(hidden: it may be a secret)' : spellOutInvisible(path.slice(0, maxTextLength).replace(/[\n\t]/g, ' '))
}
