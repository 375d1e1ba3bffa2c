// The compact serialization of a JWS (RFC 7515 §7.1) and its signature. Does not interpret header or payload.
import { createVerify, verify } from 'node:crypto'
import { hasRepeatedMember } from '@countersign/protocol'
import { InvalidTokenError } from './invalid-token.ts'
import { createRecentMap } from './recent-map.ts'
import type { VerificationKey } from './verification-key.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export interface CompactJws {
  readonly header: JsonObject
  readonly payload: JsonObject
  readonly signedBytes: Buffer
  readonly signature: Buffer
}

/** Longer tokens are refused without parsing; no longer one fits into a Bearer header. Characters. */
export const maxTokenLength = 8192

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** All tokens of a key share one header, so it is parsed once; several keys may be in use. */
const rememberedHeaders = 16

/**
 * Returns a parser of tokens: three segments of canonical base64url, the first two JSON objects that have each member once. Padding, stray bits and
 * other alphabets are refused: they would be a second spelling of the same token. The parser does not check the signature,
 * and throws InvalidTokenError for anything else.
 */
export function createJwsParser(): (token: string) => CompactJws {
  const headers = createRecentMap<JsonObject>(rememberedHeaders)

  function readHeader(segment: string): JsonObject {
    let header = headers.get(segment)
    if (!header) headers.set(segment, (header = parseJsonObject(decodeSegment(segment))))
    return header
  }

  return (token) => {
    const headerEnd = token.indexOf('.')
    const payloadEnd = token.indexOf('.', headerEnd + 1)
    if (headerEnd < 0 || payloadEnd < 0 || token.includes('.', payloadEnd + 1)) throw malformed('is not three segments')
    return {
      header: readHeader(token.slice(0, headerEnd)),
      payload: parseJsonObject(decodeSegment(token.slice(headerEnd + 1, payloadEnd))),
      signature: decodeSegment(token.slice(payloadEnd + 1)),
      signedBytes: Buffer.from(token.slice(0, payloadEnd), 'latin1'),
    }
  }
}

// Headers that change how the rest is read (RFC 7515 §4.1.11, RFC 7797).
const refusedHeaders = ['crit', 'b64', 'zip', 'enc', 'cty']

/** The name of a header with which a JWS must be refused, because the parser does not do what it says. */
export function findRefusedHeader(header: JsonObject): string | undefined {
  return refusedHeaders.find((name) => header[name] !== undefined)
}

export function hasValidSignature({ signedBytes, signature }: CompactJws, { digest, signatureBytes, verifier }: VerificationKey): boolean {
  if (signature.length !== signatureBytes) return false
  // Where key objects are not taken, in Cloudflare workers, verify() also disregards the padding of PSS.
  if ('format' in verifier && digest !== null) return createVerify(digest).update(signedBytes).verify(verifier, signature)
  return verify(digest, signedBytes, verifier, signature)
}

function decodeSegment(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== segment) throw malformed('is not canonical base64url')
  return bytes
}

function parseJsonObject(bytes: Buffer): JsonObject {
  let text: string
  let value: unknown
  try {
    text = strictUtf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw malformed('is not JSON inside')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('is not made of JSON objects')
  if (hasRepeatedMember(text, value)) throw malformed('has a member twice') // RFC 7515 §4, RFC 7519 §4
  // Without a prototype, a name such as "constructor" is found only if the token contains it.
  return Object.setPrototypeOf(value, null)
}

function malformed(what: string): InvalidTokenError {
  return new InvalidTokenError('altered', `The access token ${what}: it was altered or truncated, or is not a JWT.`)
}
