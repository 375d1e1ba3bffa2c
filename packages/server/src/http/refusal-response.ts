// What a refusal is on the wire: status, headers and document. answer-error.ts sends it, and the problem pages show it.
import {
  oauthErrorDocument,
  problemContentType,
  problemDocument,
  problems,
  type OAuthErrorDetails,
  type OAuthErrorDocument,
  type OAuthProblemCode,
  type ProblemCode,
  type ProblemDetails,
  type ProblemDocument,
} from '@countersign/protocol'
import { clientChallenge } from '../errors.ts'

export interface RefusalResponse<Document> {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly document: Document
}

export function oauthRefusal(
  publicUrl: string,
  code: OAuthProblemCode,
  details: OAuthErrorDetails & { readonly retryAfterSeconds?: number },
): RefusalResponse<OAuthErrorDocument> {
  const { status } = problems[code]
  const { retryAfterSeconds = status === 503 ? 5 : undefined } = details
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'content-type': 'application/json',
      // The same challenge for every way in which a client can fail: RFC 9110 §15.5.2 requires one, and equal responses tell a caller
      // nothing.
      ...(status === 401 && { 'www-authenticate': clientChallenge }),
      ...(status === 405 && { allow: 'POST' }),
      ...((status === 413 || status === 415) && { connection: 'close' }),
      ...(status === 415 && { 'accept-encoding': 'identity' }), // RFC 9110 §15.5.16
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    document: oauthErrorDocument(publicUrl, code, details),
  }
}

export function problemRefusal(
  publicUrl: string,
  code: ProblemCode,
  details: ProblemDetails & { readonly headers?: Readonly<Record<string, string>> },
): RefusalResponse<ProblemDocument> {
  const { status } = problems[code]
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': problemContentType,
      ...details.headers,
      ...(status === 503 && { 'retry-after': '5' }),
    },
    document: problemDocument(publicUrl, code, details),
  }
}
