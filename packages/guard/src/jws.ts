// The compact form of a JWS (RFC 7515 §7.1) and its signature. What header and payload mean is decided elsewhere.
import { verify } from 'node:crypto'
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

/** Longer tokens are refused unread: the longest that fits into a Bearer header. Characters. */
export const longestToken = 8192

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The tokens of a key share one header, to the letter, so it is read once; a few more keys may be in use. */
const rememberedHeaders = 16

/**
 * Returns a function that takes a token apart: three segments of canonical base64url, the first two JSON objects. It does
 * not check the signature, and throws InvalidTokenError for anything else; padding, stray bits and another alphabet would
 * be two spellings of one token.
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

export function hasValidSignature({ signedBytes, signature }: CompactJws, key: VerificationKey): boolean {
  return signature.length === key.signatureBytes && verify(key.digest, signedBytes, key.verifier, signature)
}

function decodeSegment(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== segment) throw malformed('is not canonical base64url')
  return bytes
}

function parseJsonObject(bytes: Buffer): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(strictUtf8.decode(bytes))
  } catch {
    throw malformed('is not JSON inside')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('is not made of JSON objects')
  // Without a prototype, a name such as "constructor" is found only where the token itself says it.
  return Object.setPrototypeOf(value, null)
}

function malformed(what: string): InvalidTokenError {
  return new InvalidTokenError('altered', `The access token ${what}: it was altered or truncated, or is not a JWT.`)
}
