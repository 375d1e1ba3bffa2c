// Log lines about requests that are rejected with 503, because something that the server needs is away, or it has too much to do: one when that
// begins, with the reason, and one when it is over. A line for each request in between would bury them.
import type { FastifyBaseLogger } from 'fastify'
import type { Log } from '../log.ts'

/** @param log of the request */
export type NoteRejection = (log: Pick<FastifyBaseLogger, 'warn' | 'debug'>, reason: string) => void

/** It is over when no request was rejected for as long. Milliseconds. */
const quietMs = 10_000
/** The message of an error can have an address or a name in it. */
const maxReasons = 20

interface Rejections {
  count: number
  readonly since: number
  lastAt: number
}

/** @param now milliseconds, of a clock that never goes back */
export function createRejectionLog(log: Pick<Log, 'info'>, now: () => number = () => performance.now()): NoteRejection {
  const running = new Map<string, Rejections>()

  function endWhenQuiet(reason: string, rejections: Rejections): void {
    const left = rejections.lastAt + quietMs - now()
    if (left > 0) return void setTimeout(endWhenQuiet, left, reason, rejections).unref()
    running.delete(reason)
    const { count, since, lastAt } = rejections
    const seconds = Math.round((lastAt - since) / 1000)
    log.info({ reason, count }, `requests are no longer rejected with 503; ${count} ${count === 1 ? 'was' : 'were'}, within ${seconds} s`)
  }

  return (ofRequest, told) => {
    const reason = running.has(told) || running.size < maxReasons ? told : 'other reasons'
    const found = running.get(reason)
    if (found) {
      found.count++
      found.lastAt = now()
      return ofRequest.debug({ reason: told }, 'request rejected with 503: temporarily unavailable')
    }
    const begun = { count: 1, since: now(), lastAt: now() }
    running.set(reason, begun)
    endWhenQuiet(reason, begun)
    ofRequest.warn({ reason: told }, 'requests are rejected with 503: temporarily unavailable')
  }
}
