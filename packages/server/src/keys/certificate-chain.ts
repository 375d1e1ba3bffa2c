// The certificates of a signing key, from PEM to what a JWK says of them (RFC 7517 §4.7 to §4.9). Tokens are verified by the key: who
// issued the certificates, and whether they were revoked, is for verifiers that read them.
import { createHash, X509Certificate, type KeyObject } from 'node:crypto'

/** The certificates cannot be published with the key. The message completes "expected …". */
export class CertificateChainError extends Error {
  override name = 'CertificateChainError'
}

const maxCertificates = 10
/** Of one certificate, in DER: the set of keys is fetched by every verifier. */
const maxCertificateBytes = 8192

const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g

/**
 * Reads a chain, the certificate of the key first, each certified by the next. All must be valid now: what verifiers reject is better left
 * out, and a key is imported without certificates then.
 * @returns DER in base64, as in `x5c`
 * @throws CertificateChainError
 */
export function readCertificateChain(text: string, publicKey: KeyObject, now: number): readonly string[] {
  if (text.includes('PRIVATE KEY')) throw new CertificateChainError('certificates only; the text has a private key')
  const blocks = Array.from(text.matchAll(block), ([pem]) => pem)
  if (blocks.length === 0 || blocks.length !== text.split('-----BEGIN ').length - 1)
    throw new CertificateChainError('certificates in PEM, complete and with nothing else')
  if (blocks.length > maxCertificates) throw new CertificateChainError(`at most ${maxCertificates} certificates`)
  const chain = blocks.map((pem, index) => parse(pem, index + 1))
  if (!keyOf(chain[0]!)?.equals(publicKey))
    throw new CertificateChainError('the certificate of this key first; the first one is of another key')
  for (const [index, certificate] of chain.entries()) {
    checkDates(certificate, index + 1, now)
    checkIssuer(certificate, chain[index + 1], index + 1)
  }
  return chain.map(({ raw }) => raw.toString('base64'))
}

function parse(pem: string, number: number): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    throw new CertificateChainError(`certificates that can be read; number ${number} is damaged`)
  }
  if (certificate.raw.length > maxCertificateBytes)
    throw new CertificateChainError(`certificates of at most ${maxCertificateBytes} bytes each; number ${number} is longer`)
  return certificate
}

/** Its algorithm may be unknown here. */
function keyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined
  }
}

function checkDates({ validFrom, validFromDate, validTo, validToDate }: X509Certificate, number: number, now: number): void {
  const instead = 'Import the key without certificates, or with new ones'
  if (!(validToDate.getTime() > now))
    throw new CertificateChainError(`certificates that are valid; number ${number} ended ${validTo}. ${instead}`)
  if (!(validFromDate.getTime() <= now))
    throw new CertificateChainError(`certificates that are valid already; number ${number} is from ${validFrom} on`)
}

function checkIssuer(certificate: X509Certificate, issuer: X509Certificate | undefined, number: number): void {
  if (!issuer) return
  const key = keyOf(issuer)
  if (!key || !certificate.checkIssued(issuer) || !certificate.verify(key))
    throw new CertificateChainError(`each certificate to be issued and signed by the next; number ${number} is not`)
}

/** What a JWK says of the certificates of its key. */
export interface CertificateMembers {
  readonly x5c: readonly string[]
  readonly x5t: string
  readonly 'x5t#S256': string
}

/** @param chain DER in base64, the certificate of the key first */
export function certificateMembers(chain: readonly [string, ...string[]]): CertificateMembers {
  const leaf = Buffer.from(chain[0], 'base64')
  const digest = (name: 'sha1' | 'sha256') => createHash(name).update(leaf).digest('base64url')
  return { x5c: [...chain], x5t: digest('sha1'), 'x5t#S256': digest('sha256') }
}

/** The instant at which the first of the certificates ends, in milliseconds since the epoch. */
export function endOfCertificates(chain: readonly string[]): number {
  return Math.min(...chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).validToDate.getTime()))
}
