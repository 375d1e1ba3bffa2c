// The access log: one line for every request, in the same form as the other log lines. It has the pattern of the route and never
// the path or the query, where a careless client may have put a secret.
import { hostname } from 'node:os'
import type { EndedRequest, RequestEnd } from '../http/request-end.ts'
import type { LogStream } from '../log.ts'

export interface AccessRecord extends RequestEnd {
  /** The route's pattern; undefined for an unknown path. */
  readonly route: string | undefined
  readonly realm: string | undefined
}

export type RecordAccess = (record: AccessRecord) => void

export interface AccessLog {
  record: RecordAccess
  /** Writes the pending lines. */
  flush(): void
}

/** Lines are written in batches, because a write costs more than a line: after this time, or at this many characters. */
const batchMs = 50
const maxBatchLength = 65_536

export function createAccessLog(stream: LogStream, addressOf: (request: EndedRequest) => string): AccessLog {
  const sameOnEveryLine = `"pid":${process.pid},"hostname":${JSON.stringify(hostname())}`
  let pending = ''
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const lines = pending
    pending = ''
    if (lines !== '') stream.write(lines)
  }

  return {
    flush,
    record({ request, route, realm, answer }) {
      timer ??= setTimeout(flush, batchMs).unref()
      const facts = JSON.stringify({
        requestId: request.id,
        callerRequestId: request.callerRequestId,
        traceId: request.traceId,
        method: request.method,
        route: route ?? null,
        status: answer?.status ?? null,
        durationMs: answer ? Math.round(answer.milliseconds * 1000) / 1000 : null,
        bytes: answer?.streamed,
        realm,
        clientId: request.clientId,
        person: request.person?.id,
        address: addressOf(request),
        msg: 'request',
      })
      pending += `{"level":30,"time":${Date.now()},${sameOnEveryLine},${facts.slice(1)}\n`
      if (pending.length > maxBatchLength) flush()
    },
  }
}
