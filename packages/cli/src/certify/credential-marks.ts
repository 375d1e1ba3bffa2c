// Finds the credentials and the tokens of a sandbox in any text: the output of a backend, a URL, a header, a body.
import type { SandboxKey } from './sandbox-key.ts'

export type Mark = 'client secret' | 'private key' | 'client assertion' | 'access token'

export interface CredentialMarks {
  addSecret(clientId: string, secret: string): void
  addKey(key: SandboxKey): void
  addAssertion(assertion: string): void
  addToken(token: string): void
  find(text: string): Mark | undefined
  /** What {@link find} finds and is no token: what proves that a request is by the client. */
  findCredential(text: string): Mark | undefined
  /** The text without what {@link find} finds. */
  redact(text: string): string
}

/** A backend may send anything as an assertion; what is shorter would be found in any text. */
const minLength = 20

export function createCredentialMarks(): CredentialMarks {
  const marks = new Map<string, Mark>()
  const find = (text: string, except?: Mark) => {
    for (const [mark, kind] of marks) if (kind !== except && text.includes(mark)) return kind
    return undefined
  }
  // The signature is what makes a JWT usable; a log that cuts lines may have it without the rest.
  const addJwt = (jwt: string, kind: Mark) => {
    const end = jwt.lastIndexOf('.')
    for (const part of [jwt.slice(end + 1), jwt.slice(0, Math.max(0, end))]) if (part.length >= minLength) marks.set(part, kind)
  }
  return {
    addSecret(clientId, secret) {
      const pair = `${clientId}:${secret}`
      const forms = [secret, encodeURIComponent(secret), Buffer.from(pair).toString('base64'), Buffer.from(pair).toString('base64url')]
      for (const form of forms) marks.set(form.replace(/=+$/, ''), 'client secret')
    },
    addKey({ privateJwk, pem }) {
      const lines = pem.split('\n').filter((line) => line.length >= minLength && !line.startsWith('-'))
      for (const part of [privateJwk['d']!, ...lines]) marks.set(part, 'private key')
    },
    addAssertion: (assertion) => addJwt(assertion, 'client assertion'),
    addToken: (token) => addJwt(token, 'access token'),
    find: (text) => find(text),
    findCredential: (text) => find(text, 'access token'),
    redact(text) {
      let redacted = text
      for (const mark of marks.keys()) redacted = redacted.replaceAll(mark, '[redacted]')
      return redacted
    },
  }
}
