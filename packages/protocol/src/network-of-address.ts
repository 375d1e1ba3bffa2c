// The address of a caller as it is kept, counted and reported: an IPv4 address, or of IPv6 the first 64 bits, which are one network. The
// hosts in it are not told apart, because one caller has all of them. Without `node:net`, so that it works in every runtime.

/** `198.51.100.7`, `2001:db8:9:1::/64` with four groups without leading zeros; null for what is no address. */
export function networkOf(address: unknown): string | null {
  if (typeof address !== 'string' || address.length > 64) return null
  const [plain = ''] = address.split('%', 1) // Without a zone, which is a name of this machine.
  if (isIpv4(plain)) return plain
  const groups = groupsOf(plain.toLowerCase())
  if (!groups) return null
  return embeddedIpv4(groups) ?? `${groups.slice(0, 4).join(':')}::/64`
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((byte) => Number(byte) <= 255 && String(Number(byte)) === byte)
}

/** The eight groups without leading zeros; `undefined` if the text is no IPv6 address. */
function groupsOf(text: string): readonly string[] | undefined {
  const halves = withoutDots(text)?.split('::')
  if (!halves || halves.length > 2) return undefined
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = head.length + (tail?.length ?? 0)
  if (tail === undefined ? given !== 8 : given > 7) return undefined
  const groups = [...head, ...Array<string>(8 - given).fill('0'), ...(tail ?? [])]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined
  return groups.map((group) => Number.parseInt(group, 16).toString(16))
}

/** With the last four bytes as two groups, if they are written as an IPv4 address (RFC 4291 §2.2). */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text
  const start = text.lastIndexOf(':') + 1
  const last = text.slice(start)
  if (!isIpv4(last)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number)
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** Of a dual-stack socket (`::ffff:192.0.2.1`), or behind a translator with the well-known prefix (RFC 6052 §2.1): all of IPv4 is one /64 there. */
function embeddedIpv4(groups: readonly string[]): string | undefined {
  const prefix = groups.slice(0, 6).join(':')
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return undefined
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
