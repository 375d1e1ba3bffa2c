// A line for each refusal, within a rate: who sends many bad requests must not fill the disk, nor slow the others down, nor keep what others
// do out of the log. So peers that are not trusted have lines of their own, and none of them has all of these.
import type { Decided } from './decide-request.ts'
import { createLineRate } from './line-rate.ts'
import type { Log } from './log.ts'

export interface DecisionLog {
  decided(decided: Decided): void
  refusedProxy(code: string, peer: string | undefined, detail: string): void
}

const perSecond = 50
const perPeer = 5

/** @param clock milliseconds since the epoch */
export function createDecisionLog(log: Log, clock: () => number): DecisionLog {
  const dropped = (what: string, limit: string) => (count: number) =>
    log.warn(`${count} ${what} were not logged: more than ${limit}`, { dropped: count })
  const refusals = createLineRate({ perSecond, clock, onDropped: dropped('refusals', `${perSecond} a second`) })
  const ofProxies = createLineRate({ perSecond, clock, onDropped: dropped('requests without a decision', `${perSecond} a second`) })
  const ofStrangers = createLineRate({
    perSecond,
    perPeer,
    clock,
    onDropped: dropped('requests of peers that are not trusted', `${perPeer} a second of one, or ${perSecond} of all`),
  })

  return {
    decided({ cause, path, ...decided }) {
      if (['allowed', 'public', 'preflight'].includes(decided.outcome) || !refusals.admit()) return
      const about = { ...decided, ...(path !== undefined && { path: loggedPath(path) }) }
      if (cause !== undefined) log.error('the request could not be decided', { ...about, cause: describeCause(cause) })
      else if (decided.outcome === 'report-only') log.warn('a request that is denied passes', about)
      else log.info('a request is denied', about)
    },
    refusedProxy(code, peer, detail) {
      const rate = code === 'untrusted-peer' ? ofStrangers : ofProxies
      if (rate.admit(peer)) log.warn('no decision for this proxy', { outcome: code, peer: peer ?? null, detail })
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
