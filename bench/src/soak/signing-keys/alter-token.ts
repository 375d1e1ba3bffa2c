// Tokens that were altered on their way; each names a key that the realm has, so that it costs the guard no request.

/** By the kind of the alteration. */
export function alterations(token: string): [kind: string, altered: string][] {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const longer = Buffer.from(JSON.stringify({ ...claims, exp: Number(claims['exp']) + 3600 })).toString('base64url')
  const bytes = Buffer.from(signature, 'base64url')
  bytes[7]! ^= 1
  return [
    ['another signature', `${header}.${payload}.${bytes.toString('base64url')}`],
    ['other claims', `${header}.${longer}.${signature}`],
  ]
}
