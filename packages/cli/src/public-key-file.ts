// A file with the public key of a client, as the admin API takes it: PEM as text, a JWK or a set of them as JSON.
import { CommandError } from './output.ts'
import { readText } from './values.ts'

export type PublicKeyInput = string | Record<string, unknown>

/** @throws CommandError for a private key, which must not leave this machine, and for JSON that is no object */
export function readPublicKeyFile(file: string): PublicKeyInput {
  const text = readText(file).trim()
  const key = text.startsWith('{') ? parseObject(file, text) : text
  const members = typeof key === 'object' ? [key, ...(Array.isArray(key['keys']) ? (key['keys'] as unknown[]) : [])] : []
  const isPrivate = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) || members.some(hasPrivatePart)
  if (isPrivate)
    throw new CommandError(`"${file}" contains a private key. Nothing was sent.`, {
      reason: 'local',
      next: 'Pass the public key. For a key in PEM, write it by: openssl pkey -in private.pem -pubout -out public.pem',
    })
  return key
}

function parseObject(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    // The message of JSON.parse quotes the text, which may be a private key.
    throw new CommandError(`"${file}" begins like JSON, but is not.`, { reason: 'local', next: 'Pass a public key in PEM, or a JWK.' })
  }
}

function hasPrivatePart(jwk: unknown): boolean {
  return typeof jwk === 'object' && jwk !== null && ('d' in jwk || 'k' in jwk)
}
