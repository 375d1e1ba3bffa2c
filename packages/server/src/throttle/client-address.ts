// The address that a request is counted under: the peer, or behind a trusted proxy the right-most address in
// X-Forwarded-For that is not itself a trusted proxy. No other header is ever read, and nothing is looked up.
import { BlockList, isIP, SocketAddress, type Server, type Socket } from 'node:net'

/** Only so many hops are looked at, from the right, where the trusted ones are. */
const maxHops = 50

/**
 * Tells the address of a connection's peer, also when the peer has gone since: it is noted when the connection comes in.
 * Connections that came another way (in tests) are asked themselves.
 */
export function notePeers(server: Server): (socket: Socket) => string {
  const peers = new WeakMap<Socket, string>()
  const note = (socket: Socket) => void (socket.remoteAddress !== undefined && peers.set(socket, socket.remoteAddress))
  server.on('connection', note).on('secureConnection', note)
  return (socket) => peers.get(socket) ?? socket.remoteAddress ?? ''
}

export interface AddressReader {
  /** `forwardedFor` is the X-Forwarded-For header; a bad value in it counts as the peer. */
  read(peer: string, forwardedFor: string | undefined): string
}

/** @param trustedProxies address ranges such as "10.0.0.0/8"; empty trusts nobody. */
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

/** What is counted together: an IPv4 address, or the /64 that one IPv6 subscriber has for itself. */
export function countedPrefix(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const following = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - following.length
  return `${[...groups, ...Array<string>(zeros).fill('0'), ...following].slice(0, 4).join(':')}::/64`
}

/** ::ffff:192.0.2.1 is 192.0.2.1 on a dual-stack socket, however it is spelled. */
function withoutMapping(address: string): string {
  if (!address.includes(':') || isIP(address) !== 6 || address.includes('%')) return address
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
