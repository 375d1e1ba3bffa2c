// The address that a request is counted under: the peer, or behind a trusted proxy the right-most address in
// X-Forwarded-For that is not itself a trusted proxy. No other header is ever read, and nothing is looked up.
import { BlockList, isIP, SocketAddress } from 'node:net'
import { networkOf } from '@countersign/protocol'

/** Only this many hops are read, from the right, where the trusted ones are. */
const maxHops = 50

export interface AddressReader {
  /** @param forwardedFor the X-Forwarded-For header; an invalid value in it counts as the peer */
  read(peer: string, forwardedFor: string | undefined): string
  isTrusted(peer: string): boolean
}

/** @param trustedProxies address ranges such as "10.0.0.0/8"; if empty, no proxy is trusted */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList()
  for (const range of trustedProxies) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return {
    isTrusted: (peer) => isTrusted(withoutMapping(peer)),
    read(peerAddress, forwardedFor) {
      const peer = withoutMapping(peerAddress)
      if (trustedProxies.length === 0 || forwardedFor === undefined || !isTrusted(peer)) return peer
      for (const hop of forwardedFor.split(',').slice(-maxHops).toReversed()) {
        const address = withoutMapping(hop.trim())
        if (isIP(address) === 0 || address.includes('%')) return peer
        if (!isTrusted(address)) return address
      }
      return peer
    },
  }
}

export interface CountedPrefix {
  readonly prefix: string
  /** How many times the limit of one subscriber the prefix has. */
  readonly share: number
}

/**
 * The prefixes that an address is counted under: an IPv4 address, or for IPv6 the /64 of one network, the /56 that a household is given and
 * the /48 of a site (RFC 6177). The networks of one household or site may be different users, so the wider prefixes have several times
 * the limit; without them, who is given a /48 would have 65,536 times the limit.
 */
export function countedPrefixes(address: string): readonly CountedPrefix[] {
  const network = networkOf(address)
  if (!network?.includes(':')) return [{ prefix: network ?? address.split('%', 1)[0] ?? '', share: 1 }]
  const [first = '', second = '', third = '', fourth = ''] = network.split(':')
  const household = (Number.parseInt(fourth, 16) & 0xff00).toString(16)
  return [
    { prefix: network, share: 1 },
    { prefix: `${first}:${second}:${third}:${household}::/56`, share: 4 },
    { prefix: `${first}:${second}:${third}::/48`, share: 16 },
  ]
}

/** The network that a peer is named by to an operator: the /24 of an IPv4 address, the /64 of an IPv6 one. */
export function rangeOf(address: string): string {
  const [{ prefix } = { prefix: address }] = countedPrefixes(address)
  return prefix.replace(/\.\d+$/, '.0/24')
}

/** ::ffff:192.0.2.1 is 192.0.2.1 on a dual-stack socket, in any spelling. */
function withoutMapping(address: string): string {
  if (!address.includes(':') || isIP(address) !== 6 || address.includes('%')) return address
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
