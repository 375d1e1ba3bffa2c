// Sends a recorded token request to another server: the same bytes, but for the secret, which that server has made itself.
import type { Answer } from './compare-answers.ts'
import type { DecodedToken, RecordedExchange } from './recorded-exchange.ts'

/** By client id: what to send in the place of a recorded secret. Every other secret is sent as it was, and stays a wrong one. */
export type NewSecrets = ReadonlyMap<string, ReadonlyMap<string, string>>

export async function sendRecorded(serverUrl: string, exchange: RecordedExchange, secrets: NewSecrets): Promise<Answer> {
  const { method, path, headers, body: form } = withNewSecrets(exchange, secrets.get(exchange.clientId) ?? new Map<string, string>())
  const response = await fetch(serverUrl + path, { method, headers, body: form })
  const body = (await response.json()) as Answer['body']
  const { access_token: token } = body
  return { status: response.status, body, token: typeof token === 'string' ? decodeToken(token) : undefined }
}

/** The request with other secrets, in the same place and encoding. */
export function withNewSecrets({ request }: RecordedExchange, known: ReadonlyMap<string, string>): RecordedExchange['request'] {
  const { Authorization: authorization, ...headers } = request.headers
  return {
    ...request,
    headers: { ...headers, ...(authorization !== undefined && { Authorization: withNewBasic(authorization, known) }) },
    body: withNewSecret(request.body, known),
  }
}

function withNewSecret(form: string, known: ReadonlyMap<string, string>): string {
  return form.replace(/(?<=^|&)client_secret=([^&]*)/, (member, encoded: string) => {
    const secret = known.get(formDecoded(encoded))
    return secret === undefined ? member : `client_secret=${encodeURIComponent(secret)}`
  })
}

/** The secret follows a colon, form-encoded or raw; in a raw client id there may be others before. */
function withNewBasic(header: string, known: ReadonlyMap<string, string>): string {
  const credentials = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString('utf8')
  for (let colon = credentials.indexOf(':'); colon !== -1; colon = credentials.indexOf(':', colon + 1)) {
    const recorded = credentials.slice(colon + 1)
    const secret = known.get(recorded) ?? known.get(formDecoded(recorded))
    if (secret === undefined) continue
    return `Basic ${Buffer.from(credentials.slice(0, colon + 1) + encodeURIComponent(secret)).toString('base64')}`
  }
  return header
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function decodeToken(token: string): DecodedToken {
  const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Answer['body'])
  return { header: header!, claims: claims! }
}
