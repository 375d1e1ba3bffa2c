// Where a listener of the gateway listens: a host and a port, such as "127.0.0.1:9000" or "[::1]:9000", or a unix socket, "unix:/run/gateway.sock".
// The server has its own (configuration/listening.ts): where a program listens is no part of the wire, which is what protocol, the only
// package below both, is about.
import { posix } from 'node:path'
import { isLoopbackHost } from '@countersign/protocol'

export interface NetworkAddress {
  readonly host: string
  readonly port: number
}

export interface LocalSocket {
  readonly path: string
}

export type ListenAddress = NetworkAddress | LocalSocket

/** An address of a socket has no room for more (unix(7)). Bytes. */
const maxPathLength = 100

/** `undefined` for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, path] = /^unix:(\/[^\0]*[^\0/])$/.exec(text) ?? []
  if (path === undefined) return parseNetworkAddress(text)
  // Two spellings of one path would be two places.
  return posix.normalize(path) === path && Buffer.byteLength(path) <= maxPathLength ? { path } : undefined
}

/** `undefined` for anything else. */
export function parseNetworkAddress(text: string): NetworkAddress | undefined {
  const [, ipv6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? name
  const port = Number(digits)
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

export function isLocalSocket(address: ListenAddress): address is LocalSocket {
  return 'path' in address
}

/** False for `auth.localhost`: the resolver decides what that is. */
export function isOnThisMachine(address: ListenAddress): boolean {
  return isLocalSocket(address) || (isLoopbackHost(address.host) && !address.host.toLowerCase().endsWith('.localhost'))
}

/** Two listeners at the same place would be one: who may reach the one reaches the other. */
export function isSamePlace(a: ListenAddress, b: ListenAddress): boolean {
  if (isLocalSocket(a) || isLocalSocket(b)) return isLocalSocket(a) && isLocalSocket(b) && a.path === b.path
  const isEverywhere = ({ host }: NetworkAddress) => host === '0.0.0.0' || host === '::'
  return a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a) || isEverywhere(b))
}
