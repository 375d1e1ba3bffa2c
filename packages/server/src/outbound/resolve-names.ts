// The addresses of a name that a client or an organization chose. The resolver of the system has two threads, which the database needs, too, and
// none of its questions can be taken back: name servers that do not answer could hold both. So the name servers are asked without threads, and
// the system only about what they do not have, such as a name of its hosts file, one name at a time.
import type { LookupAddress } from 'node:dns'
import { lookup, Resolver } from 'node:dns/promises'
import { FetchBusyError, FetchError } from './fetch-error.ts'

/** @throws FetchBusyError while too many names are asked for; FetchError, or an error of the system, if there is no answer */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>

interface NameResolverOptions {
  /** Returns nothing for a name that the name servers do not have. */
  readonly askServers?: ResolveName
  readonly askSystem?: ResolveName
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number
}

/** Of names that the name servers are asked for at once. */
const maxAsked = 100
/** Of names that the system is to be asked for. */
const maxWaiting = 20
/** Less than a request may take in all. Milliseconds. */
const maxWaitMs = 3000

export function createNameResolver(options: NameResolverOptions = {}): ResolveName {
  const { askServers = askNameServers, askSystem = (name) => lookup(name, { all: true }), now = () => performance.now() } = options
  let asked = 0
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  async function askNext(name: string): Promise<readonly LookupAddress[]> {
    if (waiting >= maxWaiting) throw busy()
    waiting++
    const since = now()
    const answer = last.then(() => {
      waiting--
      if (now() - since > maxWaitMs) throw busy()
      return askSystem(name)
    })
    last = answer.catch(() => {})
    return answer
  }

  return async (name) => {
    // No stranger has such a name.
    if (!name.includes('.')) return askNext(name)
    if (asked >= maxAsked) throw busy()
    asked++
    const found = await askServers(name).finally(() => asked--)
    return found.length > 0 ? found : askNext(name)
  }
}

const busy = () => new FetchBusyError('too many names are being resolved')

/** No such name or no such address, or no name server at all. */
const noneCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED'])

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
