// Asks for a token as the backend would. The request goes through the portal, which keeps neither the secret nor the token.
import { apiPath } from '../shared/call.ts'
import { readError, unreachable } from '../shared/call-error.ts'
import { interrupt } from '../shared/session.ts'

const longestWaitMs = 20_000

export interface TokenAnswer {
  readonly status: number
  /** The answer of the token endpoint (RFC 6749 §5). */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Asked {
  /** Of a person, who may ask for each client of the organization. */
  readonly clientId?: string
  readonly clientSecret: string
  readonly scope: string
}

/** @throws CallError if the portal itself refused it */
export async function askForToken({ scope, ...asked }: Asked): Promise<TokenAnswer> {
  const response = await fetch(apiPath('/try/token'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, ...(scope !== '' && { scope }) }),
    signal: AbortSignal.timeout(longestWaitMs),
  }).catch(() => {
    throw unreachable()
  })
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as TokenAnswer['body']
  // A wrong secret is an answer of the token endpoint, and not the end of the session.
  if (response.ok || typeof body['error'] === 'string') return { status: response.status, body }
  const error = await readError(response)
  if (error.code === 'signed-out') interrupt()
  throw error
}

export interface TokenParts {
  readonly header: unknown
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a JWT says, without checking its signature. Undefined for a token of another form. */
export function readTokenParts(token: string): TokenParts | undefined {
  const [header, claims, signature] = token.split('.')
  if (!header || !claims || signature === undefined) return undefined
  try {
    return { header: decode(header), claims: decode(claims) as TokenParts['claims'] }
  } catch {
    return undefined
  }
}

function decode(part: string): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(part, { alphabet: 'base64url' })))
}
