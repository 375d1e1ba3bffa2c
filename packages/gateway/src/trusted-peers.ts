// The proxies that may ask, by the address of the connection; and the address of a client, which only they may name.
import { BlockList, isIP, SocketAddress } from 'node:net'
import { readSingleHeader } from '@countersign/protocol'

/** Only this many hops are read, from the right, where the trusted ones are. */
const maxHops = 50

export interface TrustedPeers {
  isTrusted(address: string | undefined): boolean
  /** The right-most address in `X-Forwarded-For` that is no trusted proxy; `undefined` without one, or if the header was sent twice. */
  clientAddress(rawHeaders: readonly string[]): string | undefined
}

/** @param networks checked by `findNetworkFault()` */
export function createTrustedPeers(networks: readonly string[]): TrustedPeers {
  const trusted = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const isIpv6 = isIP(address) === 6
    trusted.addSubnet(address, prefix === undefined ? bitsOf(address) : Number(prefix), isIpv6 ? 'ipv6' : 'ipv4')
  }
  function isTrusted(address: string | undefined): boolean {
    const plain = withoutMapping(address ?? '')
    const family = isIP(plain)
    return family !== 0 && trusted.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
  return Object.freeze({
    isTrusted,
    clientAddress(rawHeaders: readonly string[]) {
      const header = readSingleHeader(rawHeaders, 'x-forwarded-for')
      if (header === undefined || header === 'repeated') return undefined
      for (const hop of header.split(',').slice(-maxHops).toReversed()) {
        const address = withoutMapping(hop.trim())
        if (isIP(address) === 0 || address.includes('%')) return undefined
        if (!isTrusted(address)) return address
      }
      return undefined
    },
  })
}

/** For a listener that only trusted peers can reach: a unix socket, by the mode of its file. */
export function trustEveryPeer(peers: TrustedPeers): TrustedPeers {
  return Object.freeze({ ...peers, isTrusted: () => true })
}

/** Wider ranges would let half of the Internet ask. The unique local addresses of IPv6 are a /7, the private ones of IPv4 a /8. */
const minBits = { 4: 8, 6: 7 } as const

/** Completes "expected …"; `undefined` if it is a range of proxies. */
export function findNetworkFault(network: string): string | undefined {
  const [address = '', prefix, ...more] = network.split('/')
  const family = isIP(address)
  const bits = prefix === undefined ? bitsOf(address) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (family === 0 || more.length > 0 || address.includes('%') || !(bits <= bitsOf(address)))
    return 'an address range such as "10.1.0.0/16", or an address'
  const least = minBits[family as 4 | 6]
  if (bits < least) return `a range of at least /${least}: the addresses of the proxies, and no others`
  if (family === 6 && isTooWideForIpv4(numberOf(address), bits))
    return `a range of at least /${mappedBits + minBits[4]} of IPv4: "::ffff:192.0.2.1" is 192.0.2.1`
  const first = firstAddress(address, bits)
  if (first !== numberOf(address)) return `the first address of a range before the "/"; "${address}" alone is one address`
  return undefined
}

/** Every IPv4 address is also one of ::ffff:0:0/96 (RFC 4291 §2.5.5.2), and is compared with the ranges as such. */
const mappedBits = 96
const mapped = 0xffff_0000_0000n

function isTooWideForIpv4(address: bigint, bits: number): boolean {
  const shared = BigInt(128 - Math.min(bits, mappedBits))
  return bits < mappedBits + minBits[4] && address >> shared === mapped >> shared
}

function bitsOf(address: string): number {
  return isIP(address) === 6 ? 128 : 32
}

function firstAddress(address: string, bits: number): bigint {
  const rest = BigInt(bitsOf(address) - bits)
  return (numberOf(address) >> rest) << rest
}

function numberOf(address: string): bigint {
  if (isIP(address) !== 6) return address.split('.').reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':').flatMap(toGroups))
  const [before, after] = [groups(head), groups(tail)]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((all, group) => (all << 16n) | BigInt(`0x${group}`), 0n)
}

/** The last four bytes may be written as an IPv4 address (RFC 4291 §2.2). */
function toGroups(part: string): string[] {
  if (!part.includes('.')) return [part]
  const bytes = numberOf(part)
  return [(bytes >> 16n).toString(16), (bytes & 0xffffn).toString(16)]
}

/** ::ffff:192.0.2.1 is 192.0.2.1 on a dual-stack socket, in any spelling. */
function withoutMapping(address: string): string {
  if (!address.includes(':') || isIP(address) !== 6 || address.includes('%')) return address
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
