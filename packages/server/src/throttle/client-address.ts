// The address that a request is counted under: the peer, or behind a trusted proxy the right-most address in
// X-Forwarded-For that is not itself a trusted proxy. No other header is ever read, and nothing is looked up.
import { BlockList, isIP, SocketAddress } from 'node:net'

/** Only this many hops are read, from the right, where the trusted ones are. */
const maxHops = 50

export interface AddressReader {
  /** @param forwardedFor the X-Forwarded-For header; an invalid value in it counts as the peer */
  read(peer: string, forwardedFor: string | undefined): string
}

/** @param trustedProxies address ranges such as "10.0.0.0/8"; if empty, no proxy is trusted */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList()
  for (const range of trustedProxies) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return {
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

/** The prefix that is counted together: an IPv4 address, or the /64 of one IPv6 subscriber. */
export function countedPrefix(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const following = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - following.length
  return `${[...groups, ...Array<string>(zeros).fill('0'), ...following].slice(0, 4).join(':')}::/64`
}

/** ::ffff:192.0.2.1 is 192.0.2.1 on a dual-stack socket, in any spelling. */
function withoutMapping(address: string): string {
  if (!address.includes(':') || isIP(address) !== 6 || address.includes('%')) return address
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
