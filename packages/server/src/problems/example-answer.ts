// An answer with each problem as it is sent, made by the functions that answer: of the token endpoint, the guard of an API, the server's
// own APIs and its HTTP server. Only what depends on the request is chosen here.
import { STATUS_CODES } from 'node:http'
import { denialResponse, type UnexplainedDenial } from '@countersign/guard'
import { isOAuthProblem, type OAuthProblemCode, type ProblemCode } from '@countersign/protocol'
import { malformedResponse } from '../http/refuse-malformed.ts'
import { oauthRefusal, problemRefusal } from '../http/refusal-response.ts'

/** Of the form of all request ids. */
const requestId = '01a0c5b7e400-5f0c2d81-0000002a'
const realm = 'partners'

/** Denials of the guard of an API or of its gateway, with what their responses have besides the problem. */
const denials: { readonly [Code in ProblemCode]?: Omit<UnexplainedDenial, 'allowed' | 'code'> } = {
  'missing-token': {},
  'malformed-authorization': {},
  'several-tokens': {},
  'invalid-token': {},
  'expired-token': {},
  'organization-suspended': {},
  'dpa-missing': {},
  'dpa-outdated': {},
  'insufficient-scope': { scope: 'orders:read' },
  'partner-not-authorized': {},
  'capability-missing': {},
  'requestor-id-missing': {},
  'requestor-id-malformed': {},
  'requestor-unknown': {},
  'requestor-not-permitted': {},
  'rate-limited': { retryAfterSeconds: 1, rate: { tier: 'standard', limit: 100, windowSeconds: 1, remaining: 0, resetSeconds: 1 } },
  'temporarily-unavailable': { retryAfterSeconds: 5 },
  'route-not-permitted': {},
  'ambiguous-request': {},
  'untrusted-peer': {},
}

const waits: { readonly [Code in OAuthProblemCode]?: number } = { 'too-many-token-requests': 1, 'authentication-blocked': 300 }

const ofServer: { readonly [Code in ProblemCode]?: Omit<Parameters<typeof problemRefusal>[2], 'requestId'> } = {
  'method-not-allowed': { headers: { allow: 'GET, HEAD' } },
  'invalid-request': {
    detail: '/name: expected a text of 1 to 200 characters',
    errors: [{ pointer: '/name', detail: 'expected a text of 1 to 200 characters' }],
  },
}

/** The status line, the headers and the body, which is one line in the answer itself. */
export function exampleAnswer(publicUrl: string, code: ProblemCode): string {
  if (code === 'request-timeout' || code === 'request-header-too-large') {
    const [head = '', body = ''] = malformedResponse(publicUrl, code, requestId).split('\r\n\r\n')
    return `${head.replaceAll('\r\n', '\n')}\n\n${indent(JSON.parse(body))}`
  }
  const denial = denials[code]
  if (denial) {
    const { status, headers, body } = denialResponse({ realm, publicUrl }, { allowed: false, code, requestId, ...denial })
    return format(status, headers, JSON.parse(body))
  }
  const { status, headers, document } = isOAuthProblem(code)
    ? oauthRefusal(publicUrl, code, { ...(waits[code] !== undefined && { retryAfterSeconds: waits[code] }) })
    : problemRefusal(publicUrl, code, { requestId, ...ofServer[code] })
  return format(status, { 'x-request-id': requestId, ...headers }, document)
}

function format(status: number, headers: Readonly<Record<string, string>>, document: unknown): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\n')}\n\n${indent(document)}`
}

function indent(document: unknown): string {
  return JSON.stringify(document, null, 2)
}
