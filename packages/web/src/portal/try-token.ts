// Asks for a token as the backend would. The request goes through the portal, which keeps neither the secret nor the token.
import { apiPath, send } from '../shared/call.ts'

export interface TokenAnswer {
  readonly status: number
  /** The answer of the token endpoint (RFC 6749 §5). */
  readonly body: Readonly<Record<string, unknown>>
}

/** @throws CallError if the portal itself refused it */
export async function askForToken(clientSecret: string, scope: string): Promise<TokenAnswer> {
  const answer = (await send(apiPath('/try/token'), {
    method: 'POST',
    body: { clientSecret, ...(scope !== '' && { scope }) },
  })) as TokenAnswer | TokenAnswer['body']
  return isWrapped(answer) ? answer : { status: 200, body: answer }
}

function isWrapped(answer: TokenAnswer | TokenAnswer['body']): answer is TokenAnswer {
  return typeof answer['body'] === 'object' && typeof answer['status'] === 'number'
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
