// The response to a denied request, for any framework: challenge (RFC 6750 §3), problem (RFC 9457), Retry-After.
import {
  formatBearerChallenge,
  problemContentType,
  problemDocument,
  problems,
  problemUri,
  type BearerError,
  type ProblemCode,
} from '@countersign/protocol'
import type { Denial, UnexplainedDenial } from './access.ts'
import type { IssuerNames } from './issuer-list.ts'
import { rateHeaders } from './tier-rate.ts'

export interface DenialResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string
}

const bearerErrors: { readonly [code in ProblemCode]?: BearerError } = {
  'malformed-authorization': 'invalid_request',
  'several-tokens': 'invalid_request',
  'invalid-token': 'invalid_token',
  'expired-token': 'invalid_token',
  'insufficient-scope': 'insufficient_scope',
}

type Names = Pick<IssuerNames, 'realm' | 'publicUrl'>

/**
 * Builds the response, with the realm and the problem page of the issuer of the token if the denial names it, otherwise of the guard. Its
 * header `x-request-id` and the `instance` of its problem are the id of the denial, by which the authorization server finds the report of it.
 */
export function denialResponse(guard: Names, denial: UnexplainedDenial & Pick<Denial, 'requestId'>): DenialResponse {
  const { code, requestId, detail, remedy, retryAfterSeconds, rate } = denial
  const names = { realm: denial.realm ?? guard.realm, publicUrl: denial.publicUrl ?? guard.publicUrl }
  const challenge = formatChallenge(names, denial)
  return {
    status: problems[code].status,
    headers: {
      'content-type': problemContentType,
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(challenge && { 'www-authenticate': challenge }),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      ...(rate && rateHeaders(rate)),
    },
    body: JSON.stringify(problemDocument(names.publicUrl, code, { requestId, ...(detail && { detail }), ...(remedy && { remedy }) })),
  }
}

function formatChallenge({ realm, publicUrl }: Names, { code, scope }: UnexplainedDenial): string | undefined {
  const error = bearerErrors[code]
  if (error) {
    const page = { errorDescription: problems[code].title, errorUri: problemUri(publicUrl, code) }
    return formatBearerChallenge({ realm, error, ...page, ...(scope && { scope }) })
  }
  return code === 'missing-token' ? formatBearerChallenge({ realm }) : undefined
}
