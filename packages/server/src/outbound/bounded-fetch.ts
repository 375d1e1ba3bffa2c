// `fetch` to a server that the configuration names, and to what its documents name: by https, or by http on this machine, without redirects,
// and with a bound on the size of a response. How long it takes is up to the signal of the caller. Such a server may well have a private address.
import { isLoopbackHost } from '@countersign/protocol'

const maxBytes = 262_144

export type BoundedFetch = (url: string, init: RequestInit) => Promise<Response>

export const boundedFetch: BoundedFetch = async (url, init) => {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname)))
    throw new TypeError('Expected an https URL, or http on a loopback address')
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const { status, headers } = response
  const bytes = await readBytes(response)
  return new Response(bytes.length === 0 ? null : bytes, { status, headers })
}

/** Counted after decompression. @throws TypeError beyond the bound */
async function readBytes({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop by an error ends the connection.
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw new TypeError(`The response has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
