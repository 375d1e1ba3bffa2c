// What Envoy asks, as the decision reads it. An incomplete question is no question about some other request: it is denied.
import type { AskedRequest } from '../decide-request.ts'
import type { CheckRequest, HeaderValue } from './check-messages.ts'

/** More than a proxy lets a client send. */
const maxHeaders = 200

/** @returns the request of the client, or what is wrong with the question */
export function readCheck({ attributes }: CheckRequest): AskedRequest | { readonly fault: string } {
  const http = attributes?.request?.http
  if (!http) return { fault: 'has no HTTP request' }
  const { method, path } = http
  if (!method) return { fault: 'has no method' }
  if (!path) return { fault: 'has no path' }
  const merged = Object.entries(http.headers ?? {})
  const raw = http.headerMap?.headers ?? []
  if (merged.length > 0 && raw.length > 0) return { fault: 'has its headers twice' }
  if (merged.length + raw.length > maxHeaders) return { fault: `has more than ${maxHeaders} headers` }
  const rawHeaders = raw.length > 0 ? raw.flatMap(readRaw) : merged.flat()
  if (rawHeaders.length === 0) return { fault: 'has no headers' }
  // Pseudo-headers such as ":path" say the same again, unless a filter changed them: then two readings differ.
  if (contradicts(rawHeaders, ':path', path) || contradicts(rawHeaders, ':method', method)) return { fault: 'contradicts itself' }
  return {
    method,
    target: path,
    rawHeaders: rawHeaders.filter((_text, at) => !rawHeaders[at - (at % 2)]!.startsWith(':')),
    address: attributes.source?.address?.socketAddress?.address,
  }
}

/** Characters as in `IncomingMessage.rawHeaders`. */
function readRaw({ key = '', value = '', rawValue }: HeaderValue): [string, string] {
  return [key, rawValue && rawValue.length > 0 ? Buffer.from(rawValue).toString('latin1') : value]
}

function contradicts(rawHeaders: readonly string[], name: string, expected: string): boolean {
  return rawHeaders.some((text, at) => at % 2 === 0 && text === name && rawHeaders[at + 1] !== expected)
}
