// The refusals and outages that a scenario plays in place of the server, made from the catalogue as the server and its guard make them.
import { randomUUID } from 'node:crypto'
import {
  formatBearerChallenge,
  oauthErrorDocument,
  problemContentType,
  problemDocument,
  problemUri,
  problems,
  type BearerError,
  type OAuthProblemCode,
  type ProblemCode,
} from '@countersign/protocol'
import type { FrontResponse } from './front.ts'
import { sandboxRealm } from './sandbox-server.ts'

interface RefusalDetails {
  readonly error?: BearerError
  readonly scope?: string
  readonly retryAfterSeconds?: number
}

export type Refuse = ReturnType<typeof createRefusals>

/** @param publicUrl where the pages of problems are */
export function createRefusals(publicUrl: string) {
  return {
    /** A refusal of the API. */
    call(code: ProblemCode, { error, scope, retryAfterSeconds }: RefusalDetails = {}): FrontResponse {
      const page = { errorDescription: problems[code].title, errorUri: problemUri(publicUrl, code) }
      const challenge = error && formatBearerChallenge({ realm: sandboxRealm, error, ...page, ...(scope !== undefined && { scope }) })
      return {
        status: problems[code].status,
        headers: { ...headersOf(problemContentType, retryAfterSeconds), ...(challenge && { 'www-authenticate': challenge }) },
        body: JSON.stringify(problemDocument(publicUrl, code, { requestId: randomUUID() })),
      }
    },
    /** A refusal of the token endpoint. */
    token(code: OAuthProblemCode, retryAfterSeconds: number): FrontResponse {
      return {
        status: problems[code].status,
        headers: headersOf('application/json', retryAfterSeconds),
        body: JSON.stringify(oauthErrorDocument(publicUrl, code)),
      }
    },
  }
}

function headersOf(contentType: string, retryAfterSeconds: number | undefined): Record<string, string> {
  return {
    'content-type': contentType,
    'cache-control': 'no-store',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  }
}
