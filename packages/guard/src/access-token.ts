// Where the access token of a request is: in one Authorization header and nowhere else.
import { hasTokenInQuery, problems, readBearer, readSingleHeader } from '@countersign/protocol'
import { deny, type UnexplainedDenial, type GuardRequest } from './access.ts'

/**
 * The token of the request, unverified, or the denial of a request that carries none, or several (RFC 6750 §2): an API and
 * the proxy before it could each take another one for the caller's. A token in the query alone counts as none.
 */
export function readAccessToken({ rawHeaders, url }: Pick<GuardRequest, 'rawHeaders' | 'url'>): string | UnexplainedDenial {
  const bearer = readBearer(readSingleHeader(rawHeaders, 'authorization'))
  if (bearer.kind === 'missing') return deny('missing-token')
  if (bearer.kind === 'malformed') return deny('malformed-authorization')
  if (bearer.kind === 'several') return deny('several-tokens')
  if (url !== undefined && hasTokenInQuery(url)) return deny('several-tokens', { detail: inQuery.cause, remedy: inQuery.remedy })
  return bearer.token
}

const [, inQuery] = problems['several-tokens'].causes
