// The error response of OAuth endpoints (RFC 6749 §5.2). Each error is a problem of the catalogue under its OAuth name.
import { problems, problemUri, type ProblemCode, type ProblemEntry } from './problems.ts'

/** The problems of OAuth endpoints; each has an `error` of RFC 6749 §5.2, RFC 8707 §2, or the one for 429. */
export type OAuthProblemCode = {
  [code in ProblemCode]: (typeof problems)[code] extends { oauthError: string } ? code : never
}[ProblemCode]

export function isOAuthProblem(code: ProblemCode): code is OAuthProblemCode {
  return 'oauthError' in problems[code]
}

export type OAuthErrorName = (typeof problems)[OAuthProblemCode]['oauthError']

export interface OAuthErrorDocument {
  readonly error: string
  readonly error_description: string
  readonly error_uri: string
}

export interface OAuthErrorDetails {
  /** Specific to this occurrence. Must not repeat the input. */
  readonly description?: string
  /** Overrides the catalogue's `error`, for realms with that setting. */
  readonly error?: OAuthErrorName
}

/** Builds the JSON body of an OAuth error. The description contains only the characters that RFC 6749 §5.2 allows. */
export function oauthErrorDocument(
  publicUrl: string,
  code: OAuthProblemCode,
  { description, error }: OAuthErrorDetails = {},
): OAuthErrorDocument {
  const entry: ProblemEntry = problems[code]
  return {
    error: error ?? problems[code].oauthError,
    error_description: toDescription(description ?? `${entry.title}. ${entry.causes[0]?.remedy ?? ''}`),
    error_uri: problemUri(publicUrl, code),
  }
}

/** %x20-21 / %x23-5B / %x5D-7E: printable ASCII without the double quote and the backslash. */
function toDescription(text: string): string {
  return text
    .replaceAll('"', "'")
    .replace(/[^\x20-\x7E]|\\/g, '')
    .trim()
}
