// Finds the secrets and the tokens of a sandbox in any text: the output of a backend, a URL, a header, a body.

export type Mark = 'secret' | 'token'

export interface CredentialMarks {
  addSecret(clientId: string, secret: string): void
  addToken(token: string): void
  find(text: string): Mark | undefined
  /** The text without what {@link find} finds. */
  redact(text: string): string
}

export function createCredentialMarks(): CredentialMarks {
  const marks = new Map<string, Mark>()
  return {
    addSecret(clientId, secret) {
      const pair = `${clientId}:${secret}`
      const forms = [secret, encodeURIComponent(secret), Buffer.from(pair).toString('base64'), Buffer.from(pair).toString('base64url')]
      for (const form of forms) marks.set(form.replace(/=+$/, ''), 'secret')
    },
    addToken(token) {
      // The signature is what makes a token usable; a log that cuts lines may have it without the rest.
      marks.set(token.slice(token.lastIndexOf('.') + 1), 'token')
      marks.set(token.slice(0, token.lastIndexOf('.')), 'token')
    },
    find(text) {
      for (const [mark, kind] of marks) if (text.includes(mark)) return kind
      return undefined
    },
    redact(text) {
      let redacted = text
      for (const mark of marks.keys()) redacted = redacted.replaceAll(mark, '[redacted]')
      return redacted
    },
  }
}
