// The addresses of a name that a client or an organization chose. The resolver of the system has two threads, which the database needs, too, and
// none of its questions can be taken back: name servers that do not answer could hold both. So the hosts file is read and the name servers are
// asked without threads, and the system only about names that no zone of the internet can have, one name at a time.
import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import { FetchBusyError, FetchError } from './fetch-error.ts'
import { createHostsFile } from './hosts-file.ts'

/** @throws FetchBusyError while too many names are asked for; FetchError, or an error of the system, if there is no answer */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>

interface NameResolverOptions {
  /** Returns nothing for a name that the hosts file does not have. */
  readonly findInHosts?: ResolveName
  /** Returns nothing for a name that the name servers do not have. */
  readonly askServers?: ResolveName
  readonly askSystem?: ResolveName
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number
  /** How long a name may wait for the system in all. */
  readonly maxSystemMs?: number
}

/** Of names that the name servers are asked for at once. */
const maxAsked = 100
/** Of names that the system is to be asked for. */
const maxWaiting = 20
/** The system is not asked again meanwhile for a name that it was slow for. */
const slowMs = 60_000
/** Without a dot, or with an end that the internet does not have: search domains, multicast DNS and Kubernetes may have the name. */
const localName = /^[^.]+\.?$|\.(?:corp|home|internal|lan|local|localhost|svc)\.?$/

export function createNameResolver(options: NameResolverOptions = {}): ResolveName {
  const { findInHosts = createHostsFile(), askServers = askNameServers, maxSystemMs = 1000 } = options
  const { askSystem = (name) => lookup(name, { all: true }), now = () => performance.now() } = options
  /** No more than a minute has room for, one after another. */
  const slowAt = new Map<string, number>()
  let asked = 0
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  async function askTimed(name: string): Promise<readonly LookupAddress[]> {
    const since = now()
    try {
      return await askSystem(name)
    } finally {
      for (const [other, at] of slowAt) if (now() - at >= slowMs) slowAt.delete(other)
      if (now() - since > maxSystemMs) slowAt.set(name, now())
    }
  }

  async function askNext(name: string): Promise<readonly LookupAddress[]> {
    if (now() - (slowAt.get(name) ?? -Infinity) < slowMs) throw new FetchError('the resolver of the system was too slow for the name')
    if (waiting >= maxWaiting) throw busy()
    waiting++
    let isGivenUp = false
    const answer = last.then(() => {
      waiting--
      if (isGivenUp) throw busy()
      return askTimed(name)
    })
    last = answer.catch(() => {})
    const { promise: tooLong, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      isGivenUp = true
      reject(busy())
    }, maxSystemMs)
    return Promise.race([answer, tooLong]).finally(() => clearTimeout(timer))
  }

  return async (name) => {
    const pinned = await findInHosts(name)
    if (pinned.length > 0) return pinned
    if (asked >= maxAsked) throw busy()
    asked++
    const answer = askServers(name).finally(() => asked--)
    if (!localName.test(name)) return answer
    // Some name servers refuse such names.
    const found = await answer.catch(() => [])
    return found.length > 0 ? found : askNext(name)
  }
}

const busy = () => new FetchBusyError('too many names are being resolved')

/** No such name or no such address. */
const noneCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA'])

async function askNameServers(name: string): Promise<readonly LookupAddress[]> {
  // A new one knows the name servers of now.
  const resolver = new Resolver({ timeout: 1000, tries: 2 })
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ]
  if (found.length > 0) return found
  for (const { code } of [four, six].flatMap((one) => (one.status === 'rejected' ? [one.reason as NodeJS.ErrnoException] : [])))
    if (code === undefined || !noneCodes.has(code)) throw new FetchError(`the name servers did not answer (${code})`)
  return []
}
