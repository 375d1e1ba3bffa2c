// Notices a proxy that is not declared: a request with X-Forwarded-For or Forwarded whose peer is not in "trustedProxies". All clients
// behind it look like one address in limits, blocks and the audit log. Also a declared proxy that names its clients only in Forwarded,
// which is not read.
import type { Configuration } from '../configuration/configuration.ts'
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import type { Log } from '../log.ts'
import { rangeOf } from '../throttle/client-address.ts'
import type { GaugeSource } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** A line of the log for each range; who can reach the port can send from many. */
const maxRangesLogged = 20

/**
 * Whether such a request comes from a proxy. Without "tls" only proxies and programs of this machine reach the server, also without
 * "behindTlsProxy". With "tls" and no declared proxy, every client does, and may send these headers.
 */
export function expectsProxies({ tls, trustedProxies }: Pick<Configuration, 'tls' | 'trustedProxies'>): boolean {
  return tls === undefined || trustedProxies.length > 0
}

interface WatchedProxies {
  /** The proxies that are declared. */
  readonly isTrusted: (peer: string) => boolean
  readonly peerOf: (request: EndedRequest) => string
  readonly log: Pick<Log, 'warn'>
}

export function watchProxies(
  onRequestEnd: (listener: OnRequestEnd) => void,
  readiness: Readiness,
  { isTrusted, peerOf, log }: WatchedProxies,
): GaugeSource[] {
  const ranges = new Map<string, string>()
  let requests = 0

  onRequestEnd(({ request }) => {
    const { 'x-forwarded-for': forwardedFor, forwarded } = request.headers
    if (forwardedFor !== undefined || forwarded !== undefined) note(peerOf(request), forwardedFor === undefined)
  })

  function note(peer: string, isForwardedOnly: boolean): void {
    const isDeclared = isTrusted(peer)
    if (isDeclared && !isForwardedOnly) return
    requests++
    const range = rangeOf(peer)
    if (ranges.has(range) || ranges.size >= maxRangesLogged) return
    const what = isDeclared
      ? `the proxy at ${range} sends "Forwarded", which is not read`
      : `the proxy at ${range} is not in "trustedProxies"`
    ranges.set(range, what)
    log.warn({ range }, `${what}: ${consequence}. ${isDeclared ? 'Let it send X-Forwarded-For' : remedy}.`)
  }

  readiness.warn('proxies', () => (ranges.size === 0 ? undefined : `${[...ranges.values()].join('; ')}: ${consequence}`))
  const help = 'Requests with X-Forwarded-For or Forwarded whose client address was not taken from it. Alert on any value but 0.'
  return [{ name: 'untrusted_proxy_requests', help, read: () => requests }]
}

const consequence = 'all clients behind it share one address in limits, blocks and the audit log'
const remedy = 'Add it to "trustedProxies" and restart, or close the port to all but the proxies'
