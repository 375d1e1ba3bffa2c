// Gets a JSON document from a URL that a client chose: from a permitted address, without redirects, within bounds of size and time.
import { createCheckedRequest, readBytes, rejectAt, type CheckedRequestOptions } from './checked-request.ts'
import { FetchError } from './fetch-error.ts'
import type { OutboundRules } from './outbound-rules.ts'

export { FetchError } from './fetch-error.ts'

const maxBytes = 65_536
const maxMilliseconds = 5000
const headers = { accept: 'application/jwk-set+json, application/json' }

export interface FetchOptions extends CheckedRequestOptions {
  readonly maxMilliseconds?: number
}

export type FetchJson = (url: string) => Promise<unknown>

export function createJsonFetcher(rules: OutboundRules, options: FetchOptions = {}): FetchJson {
  const request = createCheckedRequest(rules, options)

  async function fetchOnce(url: string, signal: AbortSignal): Promise<unknown> {
    const response = await request(url, { headers, signal })
    if (response.statusCode !== 200) {
      response.destroy()
      throw new FetchError(`the server answered ${response.statusCode}, and redirects are not followed`)
    }
    return parseJson(await readBytes(response, maxBytes))
  }

  return async (url) => {
    const deadline = AbortSignal.timeout(options.maxMilliseconds ?? maxMilliseconds)
    try {
      return await Promise.race([fetchOnce(url, deadline), rejectAt(deadline)])
    } catch (cause) {
      if (cause instanceof FetchError) throw cause
      throw new FetchError((cause as Error).message, { cause })
    }
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
