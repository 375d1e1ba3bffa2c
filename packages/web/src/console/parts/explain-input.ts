// What was pasted into the field of the explain page: the id of a request, a token, a secret, or none of these.
import { readRequestId } from '@countersign/protocol'
import { looksLikeSecret } from '../pasted.ts'

export type Pasted =
  | { readonly kind: 'request'; readonly id: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'secret' }
  | { readonly kind: 'other' }

/** The longest token that the server reads. */
const longestToken = 8192

export function readPasted(text: string): Pasted {
  const trimmed = text.trim()
  if (looksLikeSecret(trimmed)) return { kind: 'secret' }
  const token = trimmed.replace(/^(?:authorization:\s*)?bearer\s+/i, '')
  const hasParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(token)
  if ((hasParts && token.length > 64) || token.startsWith('eyJ'))
    return token.length > longestToken ? { kind: 'other' } : { kind: 'token', token }
  const id = readRequestId(trimmed)
  return id === undefined ? { kind: 'other' } : { kind: 'request', id }
}
