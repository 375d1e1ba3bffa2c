// Which hosts are this machine: the one rule for http without TLS. Names and addresses are compared as text; nothing is resolved.

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const loopbackHost = new RegExp(`^(?:(?:[a-z0-9_-]+\\.)*localhost|127(?:\\.${octet}){3}|::1|\\[::1\\])$`, 'i')

/**
 * Whether `host` is a loopback host: `localhost` and the names below it (RFC 6761 §6.3), 127.0.0.0/8 (RFC 1122 §3.2.1.3),
 * `::1` with or without brackets (RFC 4291 §2.5.3). `host` is the `hostname` of a URL or the host of a listen address,
 * without the port.
 *
 * `0.0.0.0` and `::` are not: a server that is bound to them listens on every interface. Neither are IPv4-mapped addresses
 * (`::ffff:127.0.0.1`): whether such a connection stays on the machine depends on the operating system. Does not check
 * that the resolver follows RFC 6761.
 */
export function isLoopbackHost(host: string): boolean {
  return loopbackHost.test(host)
}
