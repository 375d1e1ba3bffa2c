// Where a listener of the gateway listens: a host and a port, such as "127.0.0.1:9000" or "[::1]:9000". The server has its own
// (configuration/listening.ts): where a program listens is no part of the wire, which is what protocol, the only package below both, is about.
import { isLoopbackHost } from '@countersign/protocol'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `undefined` for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, ipv6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? name
  const port = Number(digits)
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

/** False for `auth.localhost`: the resolver decides what that is. */
export function isOnThisMachine({ host }: ListenAddress): boolean {
  return isLoopbackHost(host) && !host.toLowerCase().endsWith('.localhost')
}

/** Two listeners at the same place would be one: who may reach the one reaches the other. */
export function isSamePlace(a: ListenAddress, b: ListenAddress): boolean {
  const isEverywhere = ({ host }: ListenAddress) => host === '0.0.0.0' || host === '::'
  return a.port !== 0 && a.port === b.port && (a.host === b.host || isEverywhere(a) || isEverywhere(b))
}
