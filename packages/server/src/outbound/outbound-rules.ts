// Which addresses the server connects to for the sake of a client: public ones only, and others that the configuration lists. A client
// chooses the URL, so without this it could let the server call what only the server can reach: a metadata service, a database, itself.
import { BlockList, isIP } from 'node:net'

/** RFC 6890 and its registry: everything that is not globally reachable, with multicast and reserved ranges. */
const notPublicIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // behind the translator of a carrier
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local; the metadata of clouds
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24', // relays to 6to4
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Only this range is global unicast: mapped and translated IPv4 (::ffff:0:0/96, 64:ff9b::/96), loopback, ULA and link-local are outside. */
const globalIpv6 = '2000::/3'
const notPublicIpv6 = [
  '2001::/23', // Teredo and others of the IETF
  '2001:db8::/32',
  '2002::/16', // 6to4, which contains an IPv4 address
  '3fff::/20',
]

export interface OutboundRules {
  /** Whether the server may connect to an address. */
  permits(address: string): boolean
  /** What a URL would have to be, undefined if it is all that. A name is resolved only when the server connects. */
  findUrlFault(url: string): string | undefined
}

const longestUrl = 2048

/** @param privateAddresses further address ranges, such as "10.0.0.0/8" */
export function createOutboundRules({ privateAddresses }: { readonly privateAddresses: readonly string[] }): OutboundRules {
  const listed = listOf(privateAddresses)
  const refused = listOf([...notPublicIpv4, ...notPublicIpv6])
  const global = listOf([globalIpv6])
  const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  function permits(address: string): boolean {
    if (isIP(address) === 0 || address.includes('%')) return false
    if (isIn(listed, address)) return true
    return !isIn(refused, address) && (isIP(address) === 4 || isIn(global, address))
  }

  return {
    permits,
    findUrlFault(text) {
      if (text.length > longestUrl || !URL.canParse(text)) return `an absolute URL of at most ${longestUrl} characters`
      // Programs leave these out of a URL, so that it would be another one than is shown.
      if (/[\s\p{C}]/u.test(text)) return 'a URL without white space and invisible characters'
      const { protocol, username, password, hash, hostname } = new URL(text)
      if (username !== '' || password !== '' || hash !== '' || text.includes('#')) return 'a URL without user, password and fragment'
      const address = hostname.replace(/^\[|\]$/g, '')
      if (protocol === 'http:' && isLoopback(address) && permits(address)) return undefined
      if (protocol !== 'https:') return 'a URL with https'
      return isIP(address) !== 0 && !permits(address)
        ? 'a public address, or one that "outboundRequests.privateAddresses" of the configuration contains'
        : undefined
    },
  }
}

/** Plain http never leaves the machine: only an address can say so, because a name can become another one. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  return list
}
