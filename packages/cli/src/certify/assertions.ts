// The assertions of a backend (RFC 7523 §2.2), on their way to the server. They are made for the address of the sandbox and by the clock of
// this machine, and the server of a sandbox has another address, and may have another clock. So what is right in one is translated and signed
// again, and what is wrong stays wrong: the server decides.
import type { SandboxKey } from './sandbox-key.ts'

/** RFC 7521 §4.2. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface SentAssertion {
  readonly text: string
  /** As far as it can be read. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly header: Readonly<Record<string, unknown>>
  /** Of the keys that the backend ever had. */
  readonly signer: SandboxKey | undefined
}

export interface Translation {
  /** The audience of the backend and the one that the server knows instead. */
  readonly audience: readonly [sandbox: string, server: string]
  /** By how much the clock of the server differs. */
  readonly clockOffsetMs: number
}

export function readAssertion(text: string, keys: readonly SandboxKey[]): SentAssertion {
  const [header = '', payload = '', signature = ''] = text.split('.')
  const signer = keys.find((key) => key.hasSigned(`${header}.${payload}`, signature))
  return { text, claims: parsePart(payload), header: parsePart(header), signer }
}

/** @returns the assertion that the server is asked with */
export function translateAssertion({ text, claims, signer }: SentAssertion, { audience, clockOffsetMs }: Translation): string {
  const [header = '', , signature = '', ...more] = text.split('.')
  if (signature === '' || more.length > 0) return text
  const translated = Object.entries(claims).map(([name, value]) => {
    if (name === 'aud' && value === audience[0]) return [name, audience[1]]
    return ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number' ? [name, value + clockOffsetMs / 1000] : [name, value]
  })
  const input = `${header}.${Buffer.from(JSON.stringify(Object.fromEntries(translated))).toString('base64url')}`
  return signer === undefined ? `${input}.${signature}` : signer.sign(input)
}

function parsePart(part: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
