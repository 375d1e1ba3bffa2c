// Gets a JSON document from a URL that a client chose: from a permitted address, without redirects, within bounds of size and time.
import { lookup as lookupName } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { OutboundRules } from './outbound-rules.ts'

/** The document cannot be had. The message is for the log. */
export class FetchError extends Error {
  override name = 'FetchError'
}

const maxBytes = 65_536
const maxMilliseconds = 5000

export interface FetchOptions {
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>
  readonly maxMilliseconds?: number
  /** Further certificate authorities, for tests. */
  readonly ca?: string
}

export type FetchJson = (url: string) => Promise<unknown>

export function createJsonFetcher(rules: OutboundRules, options: FetchOptions = {}): FetchJson {
  const { resolve = (name) => lookupName(name, { all: true }), ca } = options
  return async (url) => {
    const fault = rules.findUrlFault(url)
    if (fault !== undefined) throw new FetchError(`expected ${fault}`)
    const deadline = AbortSignal.timeout(options.maxMilliseconds ?? maxMilliseconds)
    try {
      return await Promise.race([fetchOnce(url, deadline), rejectAt(deadline)])
    } catch (cause) {
      if (cause instanceof FetchError) throw cause
      throw new FetchError((cause as Error).message, { cause })
    }
  }

  async function fetchOnce(url: string, signal: AbortSignal): Promise<unknown> {
    const addresses = await resolveChecked(new URL(url))
    const response = await open(url, addresses, signal)
    if (response.statusCode !== 200) {
      response.destroy()
      throw new FetchError(`the server answered ${response.statusCode}, and redirects are not followed`)
    }
    const encoding = response.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      response.destroy()
      throw new FetchError('the answer is encoded')
    }
    return parseJson(await readBytes(response))
  }

  /** Once for each request, and the connection goes to these: another answer for the name a moment later changes nothing. */
  async function resolveChecked({ hostname }: URL): Promise<readonly LookupAddress[]> {
    const literal = hostname.replace(/^\[|\]$/g, '')
    const family = isIP(literal)
    const addresses = family === 0 ? await resolve(hostname) : [{ address: literal, family }]
    if (addresses.length === 0) throw new FetchError('the name has no address')
    if (!addresses.every(({ address }) => rules.permits(address)))
      throw new FetchError('the name has an address that is not public; "outboundRequests.privateAddresses" can permit it')
    return addresses
  }

  function open(url: string, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<IncomingMessage> {
    const { protocol } = new URL(url)
    const lookup: LookupFunction = (_name, { all }, answer) => {
      if (all) return answer(null, [...addresses])
      answer(null, addresses[0]!.address, addresses[0]!.family)
    }
    const headers = { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity', 'user-agent': 'countersign' }
    const request = protocol === 'https:' ? requestHttps : requestHttp
    return new Promise((answered, failed) => {
      request(url, { agent: false, headers, signal, lookup, maxHeaderSize: 16_384, ...(ca !== undefined && { ca }) }, answered)
        .on('error', failed)
        .end()
    })
  }
}

/** The message of the parser would have a piece of the document, which may be a private key that was published by mistake. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new FetchError('the answer is no JSON in UTF-8')
  }
}

/** Of all steps together: the resolver of the system cannot be stopped. */
function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new FetchError('it took too long')), { once: true })
  })
}

async function readBytes(response: IncomingMessage): Promise<Buffer> {
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
