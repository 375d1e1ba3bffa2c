// A request to a server that a client or an organization chose: only to a permitted address. The name is resolved for each request, and the
// connection goes to the addresses that were checked, so another answer for the name a moment later changes nothing.
import type { LookupAddress } from 'node:dns'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { FetchError } from './fetch-error.ts'
import type { OutboundRules } from './outbound-rules.ts'
import { createNameResolver, type ResolveName } from './resolve-names.ts'

export interface CheckedRequestOptions {
  /** One for all that share a process; by default one of its own. */
  readonly resolve?: ResolveName
  /** Further certificate authorities, for tests. */
  readonly ca?: string
}

interface Sent {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

/** Returns the response with its body still to be read. It is not encoded. @throws FetchError */
export type CheckedRequest = (url: string, sent: Sent) => Promise<IncomingMessage>

/** Of the addresses of a name: an answer of a name server has room for thousands. */
const maxTried = 8

export function createCheckedRequest(rules: OutboundRules, options: CheckedRequestOptions = {}): CheckedRequest {
  const { resolve = createNameResolver(), ca } = options
  const pending = new Map<string, Promise<readonly LookupAddress[]>>()
  return async (url, sent) => {
    const fault = rules.findUrlFault(url)
    if (fault !== undefined) throw new FetchError(`expected ${fault}`)
    const response = await open(url, await resolveChecked(new URL(url)), sent)
    const encoding = response.headers['content-encoding']
    if (encoding === undefined || encoding === 'identity') return response
    response.destroy()
    throw new FetchError('the answer is encoded')
  }

  async function resolveChecked({ hostname }: URL): Promise<readonly LookupAddress[]> {
    const literal = hostname.replace(/^\[|\]$/g, '')
    const family = isIP(literal)
    const addresses = family === 0 ? await resolveOnce(hostname) : [{ address: literal, family }]
    if (addresses.length === 0) throw new FetchError('the name has no address')
    if (!addresses.every(({ address }) => rules.permits(address)))
      throw new FetchError('the name has an address that is not public; "outboundRequests.privateAddresses" can permit it')
    return addresses.slice(0, maxTried)
  }

  /** A name whose servers do not answer must not be asked for again meanwhile. */
  function resolveOnce(name: string): Promise<readonly LookupAddress[]> {
    const running = pending.get(name)
    if (running) return running
    const asked = resolve(name).finally(() => pending.delete(name))
    pending.set(name, asked)
    return asked
  }

  function open(url: string, addresses: readonly LookupAddress[], { method = 'GET', headers, body, signal }: Sent) {
    const { protocol } = new URL(url)
    const lookup: LookupFunction = (_name, { all }, answer) => {
      if (all) return answer(null, [...addresses])
      answer(null, addresses[0]!.address, addresses[0]!.family)
    }
    const sent = { 'accept-encoding': 'identity', 'user-agent': 'countersign', ...headers }
    const request = protocol === 'https:' ? requestHttps : requestHttp
    return new Promise<IncomingMessage>((answered, failed) => {
      request(
        url,
        { method, agent: false, headers: sent, signal, lookup, maxHeaderSize: 16_384, ...(ca !== undefined && { ca }) },
        answered,
      )
        .on('error', failed)
        .end(body)
    })
  }
}

/** Of all steps together: a name that is being resolved cannot be taken back. */
export function rejectAt(signal: AbortSignal): Promise<never> {
  const tooLong = () => new FetchError('it took too long')
  return new Promise((_, reject) => {
    if (signal.aborted) reject(tooLong())
    else signal.addEventListener('abort', () => reject(tooLong()), { once: true })
  })
}

/** @throws FetchError beyond the bound, and the connection ends */
export async function readBytes(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) {
      response.destroy()
      throw new FetchError(`the answer has more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
