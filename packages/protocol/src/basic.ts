// HTTP Basic credentials of a client (RFC 7617) with the form-encoding that OAuth asks for (RFC 6749 §2.3.1).

export interface BasicCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Thrown by {@link parseBasic}; the message never repeats the input. */
export class BasicSyntaxError extends Error {
  override name = 'BasicSyntaxError'
}

const basicHeader = /^Basic ([A-Za-z0-9+/]+={0,2})$/i
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads `Basic base64(form(client_id) ":" form(client_secret))`: the scheme in any case, one space, canonical base64.
 * Credentials without form-encoding, as `curl -u` sends them, give the same result if they contain no "%" and no "+". Does not
 * check that the client id or the secret is not empty.
 * @throws BasicSyntaxError for anything else: another alphabet, missing padding, no colon, `%zz`, invalid UTF-8.
 */
export function parseBasic(header: string): BasicCredentials {
  const encoded = basicHeader.exec(header)?.[1]
  if (encoded === undefined) throw new BasicSyntaxError('Expected "Basic" and one base64 value')
  const decoded = decodeBase64(encoded)
  const colon = decoded.indexOf(':')
  if (colon < 0) throw new BasicSyntaxError('Expected "client_id:client_secret" inside the base64 value')
  return { clientId: decodeFormComponent(decoded.slice(0, colon)), clientSecret: decodeFormComponent(decoded.slice(colon + 1)) }
}

/** The Authorization header for a client, form-encoded as RFC 6749 §2.3.1 asks. */
export function formatBasic({ clientId, clientSecret }: BasicCredentials): string {
  const pair = `${encodeFormComponent(clientId)}:${encodeFormComponent(clientSecret)}`
  return `Basic ${btoa(pair)}` // Form-encoding left only ASCII, so btoa cannot throw.
}

function decodeBase64(encoded: string): string {
  let binary: string
  try {
    binary = atob(encoded)
  } catch {
    throw new BasicSyntaxError('Expected base64 with its padding')
  }
  // atob accepts missing padding and stray low bits; two spellings of one secret would be two cache keys.
  if (btoa(binary) !== encoded) throw new BasicSyntaxError('Expected canonical base64 with its padding')
  try {
    return strictUtf8.decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)))
  } catch {
    throw new BasicSyntaxError('Expected UTF-8 inside the base64 value')
  }
}

function decodeFormComponent(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new BasicSyntaxError('Expected form-encoded credentials (RFC 6749 §2.3.1)')
  }
}

function encodeFormComponent(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+')
}
