// The names that the operator gave addresses in the hosts file of the machine or the container. It is read here because the resolver of the
// system, which reads it, too, cannot be asked for it alone.
import type { LookupAddress } from 'node:dns'
import { open } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'

interface HostsFileOptions {
  readonly path?: string
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number
}

type Hosts = ReadonlyMap<string, readonly LookupAddress[]>

interface ReadHosts {
  /** When it was changed, and its size. */
  readonly version: string
  readonly hosts: Hosts
}

/** The rest is ignored. */
const maxBytes = 1_048_576
/** The file is not looked at again meanwhile. */
const keptMs = 5000
const none: ReadHosts = { version: '', hosts: new Map() }

/** Returns how to find the addresses of a name, none if the file does not have it. */
export function createHostsFile(options: HostsFileOptions = {}): (name: string) => Promise<readonly LookupAddress[]> {
  const { path = findPath(), now = () => performance.now() } = options
  let current = Promise.resolve(none)
  let lookedAt = -Infinity
  return async (name) => {
    if (now() - lookedAt >= keptMs) {
      lookedAt = now()
      // As for the system, a file that cannot be read has no names.
      current = current.then((known) => readIfChanged(path, known)).catch(() => none)
    }
    const { hosts } = await current
    return hosts.get(name.toLowerCase().replace(/\.$/, '')) ?? []
  }
}

function findPath(): string {
  return process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts'
}

async function readIfChanged(path: string, known: ReadHosts): Promise<ReadHosts> {
  await using file = await open(path)
  const { mtimeMs, size } = await file.stat()
  const version = `${mtimeMs} ${size}`
  if (version === known.version) return known
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, maxBytes)))
  const text = buffer.toString('latin1', 0, bytesRead)
  return { version, hosts: parseHosts(size > maxBytes ? text.slice(0, text.lastIndexOf('\n')) : text) }
}

function parseHosts(text: string): Hosts {
  const hosts = new Map<string, LookupAddress[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const family = isIP(address)
    if (family === 0) continue
    for (const name of names.map((one) => one.toLowerCase())) {
      const found = hosts.get(name)
      if (found) found.push({ address, family })
      else hosts.set(name, [{ address, family }])
    }
  }
  return hosts
}
