// A token request as the fake issuer reads it, and what it remembers of it.
import { parseBasic } from '@countersign/protocol'

/** One token request. */
export interface RecordedRequest {
  readonly clientId: string | undefined
  readonly authentication: 'basic' | 'body' | 'assertion' | 'none'
  readonly grantType: string | undefined
  readonly scope: string | undefined
  readonly resource: string | undefined
  /** Of the answer; 0 if the connection was broken. */
  readonly status: number
  /** The token that was issued. */
  readonly token: string | undefined
  /** Only with `keepSecrets`. */
  readonly clientSecret?: string | undefined
}

export interface ReadRequest extends Omit<RecordedRequest, 'status' | 'token'> {
  readonly clientSecret: string | undefined
}

export function readTokenRequest(authorization: string | undefined, body: string): ReadRequest {
  const form = new URLSearchParams(body)
  const member = (name: string) => form.get(name) ?? undefined
  const named = { grantType: member('grant_type'), scope: member('scope'), resource: member('resource') }
  const assertion = member('client_assertion')
  if (assertion !== undefined) {
    return { ...named, clientId: subjectOf(assertion), clientSecret: undefined, authentication: 'assertion' }
  }
  if (authorization !== undefined) return { ...named, ...readBasic(authorization), authentication: 'basic' }
  const clientSecret = member('client_secret')
  return { ...named, clientId: member('client_id'), clientSecret, authentication: clientSecret === undefined ? 'none' : 'body' }
}

function readBasic(authorization: string): { clientId: string | undefined; clientSecret: string | undefined } {
  try {
    return parseBasic(authorization)
  } catch {
    return { clientId: undefined, clientSecret: undefined }
  }
}

/** Not verified: a fake issuer knows no public key. */
function subjectOf(assertion: string): string | undefined {
  try {
    const [, payload = ''] = assertion.split('.')
    const { sub } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { sub?: unknown }
    return typeof sub === 'string' ? sub : undefined
  } catch {
    return undefined
  }
}
