// A line for each refusal, within a rate: who sends many bad requests must not fill the disk, nor slow the others down.
import type { Decided } from './decide-request.ts'
import type { Log } from './log.ts'

const linesPerSecond = 50

export interface DecisionLog {
  decided(decided: Decided): void
  refusedProxy(code: string, peer: string | undefined, detail: string): void
}

/** @param clock milliseconds since the epoch */
export function createDecisionLog(log: Log, clock: () => number): DecisionLog {
  let second = 0
  let lines = 0
  let dropped = 0

  /** Whether there may be another line in this second. */
  function admit(): boolean {
    const now = Math.floor(clock() / 1000)
    if (now !== second) {
      if (dropped > 0) log.warn(`${dropped} refusals were not logged: more than ${linesPerSecond} a second`, { dropped })
      ;[second, lines, dropped] = [now, 0, 0]
    }
    if (lines < linesPerSecond) return Boolean(++lines)
    dropped++
    return false
  }

  return {
    decided({ cause, path, ...decided }) {
      if (['allowed', 'public', 'preflight'].includes(decided.outcome) || !admit()) return
      const about = { ...decided, ...(path !== undefined && { path: loggedPath(path) }) }
      if (cause !== undefined) log.error('the request could not be decided', { ...about, cause: describeCause(cause) })
      else if (decided.outcome === 'report-only') log.warn('a request that is denied passes', about)
      else log.info('a request is denied', about)
    },
    refusedProxy(code, peer, detail) {
      if (admit()) log.warn('no decision for this proxy', { outcome: code, peer: peer ?? null, detail })
    },
  }
}

/** Without segments that may be a secret or a token; a UUID, which has 36 characters, is none. */
function loggedPath(path: string): string {
  return path
    .split('/')
    .map((segment) => (/eyJ|csk_|[A-Za-z0-9_]{32}|[A-Za-z0-9_-]{40}/.test(segment) ? '…' : segment))
    .join('/')
    .slice(0, 200)
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause
}
