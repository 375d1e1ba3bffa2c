// Where the server may listen, and how: settings that would send secrets and tokens over a network in the clear are rejected,
// unless the configuration says that a proxy encrypts them.
import { isLoopbackHost } from '@countersign/protocol'

interface ListeningSettings {
  readonly listen: string
  readonly operationsListen: string | null
  readonly reusePort?: boolean
  readonly store?: string
  readonly publicUrl: string
  readonly tls?: unknown
  readonly behindTlsProxy: boolean
}

interface ListeningFault {
  readonly setting: 'listen' | 'operationsListen' | 'publicUrl' | 'behindTlsProxy' | 'reusePort'
  readonly expected: string
}

/** Splits "127.0.0.1:8080" or "[::1]:8080". */
export function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(listen) ?? []
  return { host, port: Number(port) }
}

/** Conflicts between settings, worded for a configuration message ("expected …"). */
export function findListeningFaults(settings: ListeningSettings): ListeningFault[] {
  const { listen, operationsListen, publicUrl, tls, behindTlsProxy, reusePort = false, store = '' } = settings
  if (!URL.canParse(publicUrl) || parseListen(listen).host === '') return [] // Reported already.
  const { protocol, hostname } = new URL(publicUrl)
  const isHttps = protocol === 'https:'
  const faults: ListeningFault[] = []
  const complain = (setting: ListeningFault['setting'], expected: string) => void faults.push({ setting, expected })

  for (const setting of ['listen', 'operationsListen'] as const) {
    if (parseListen(settings[setting] ?? '').port > 65_535) complain(setting, 'a port of at most 65535')
  }
  if (tls !== undefined && behindTlsProxy) {
    complain('behindTlsProxy', 'false beside "tls": either this server terminates TLS or the proxy does')
  }
  if (tls === undefined && !behindTlsProxy) {
    if (!isLoopback(parseListen(listen).host)) {
      complain(
        'listen',
        'a loopback address such as "127.0.0.1:8080", because secrets and tokens would cross the network in clear. Set "tls" to a ' +
          'certificate and its key, or "behindTlsProxy: true" if a proxy in front terminates TLS',
      )
    }
    if (isHttps) {
      complain(
        'publicUrl',
        'an http URL, because TLS is not configured. Set "tls", or "behindTlsProxy: true" if a proxy in front terminates TLS',
      )
    }
  }
  if (tls !== undefined && !isHttps) complain('publicUrl', 'an https URL, because "tls" is set')
  // Exception: a server in a container listens on all addresses without a proxy if its port is published only on the loopback
  // address of the host.
  if (behindTlsProxy && !isHttps && !isLoopbackHost(hostname)) {
    complain('publicUrl', 'an https URL, because clients reach the server through a proxy that terminates TLS')
  }
  if (operationsListen !== null && overlaps(listen, operationsListen)) {
    complain('operationsListen', 'an address and port other than those of "listen"')
  }
  if (reusePort && store.startsWith('sqlite:')) complain('reusePort', 'false with SQLite, whose file one server has for itself')
  return faults
}

/**
 * Whether a server bound to `host` can be reached only from this machine. False for `auth.localhost`: the resolver decides what
 * that is bound to.
 */
export function isLoopback(host: string): boolean {
  return isLoopbackHost(host) && !host.toLowerCase().endsWith('.localhost')
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [parseListen(one), parseListen(other)]
  const isEverywhere = (host: string) => host === '0.0.0.0' || host === '::'
  return a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a.host) || isEverywhere(b.host))
}
