// The certificate of a server that terminates TLS itself: read and checked at the start, and again when the files change. An
// invalid certificate or key keeps the server from starting, but never replaces a valid one in a running server.
import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { findRsaFault } from '@countersign/guard'
import { ConfigurationError } from '../configuration/configuration.ts'
import { OpenFileError, readPrivateFile } from '@countersign/guard/private-file'
import { tlsOptions } from './tls-options.ts'

interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

export interface CertificatePair extends SecureContextOptions {
  readonly cert: string
  readonly key: string
}

/** @throws ConfigurationError that names the file and what is wrong with it */
export function readCertificate(files: CertificateFiles): CertificatePair {
  const cert = readPem('tls.certificate', files.certificate, (file) => readFileSync(file, 'utf8'))
  const key = readPem('tls.key', files.key, readPrivateFile)
  const certificate = check('tls.certificate', files.certificate, 'a certificate in PEM', () => new X509Certificate(cert))
  const privateKey = check('tls.key', files.key, 'a private key in PEM, without a passphrase', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigurationError(
      `tls.key: "${files.key}" is not the key of the first certificate in "${files.certificate}". Put the pair that belongs together in both.`,
    )
  }
  checkNumbers(files.key, privateKey)
  check('tls.certificate', files.certificate, 'certificates that TLS accepts', () => createSecureContext({ ...tlsOptions, cert, key }))
  return { ...tlsOptions, cert, key }
}

/** Of the keys that every client of TLS 1.2 and 1.3 knows; with another curve each handshake would fail. */
const curves: ReadonlySet<unknown> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const expectedKind = 'an RSA key, an EC key on P-256, P-384 or P-521, or an Ed25519 key'

/** TLS accepts any exponent and any size, and the time of a handshake grows with the cube of the bits. */
function checkNumbers(file: string, privateKey: KeyObject): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = privateKey
  if (type !== 'rsa') {
    if (type === 'ed25519' || (type === 'ec' && curves.has(details?.namedCurve))) return
    throw new ConfigurationError(`tls.key: the key in "${file}" is not ${expectedKind}. Create a new key.`)
  }
  const expected = findRsaFault(createPublicKey(privateKey).export({ format: 'jwk' }))
  if (expected !== undefined) throw new ConfigurationError(`tls.key: the RSA key in "${file}" must have ${expected}. Create a new key.`)
}

/** Subject and expiry of the first certificate, for the log. */
export function describeCertificate({ cert }: CertificatePair): { readonly subject: string; readonly validTo: string; expired: boolean } {
  const { subject, validToDate } = new X509Certificate(cert)
  return { subject: subject.replaceAll('\n', ', '), validTo: validToDate.toISOString(), expired: validToDate.getTime() < Date.now() }
}

function readPem(setting: string, file: string, read: (file: string) => string): string {
  try {
    return read(file)
  } catch (cause) {
    if (cause instanceof OpenFileError) throw new ConfigurationError(`${setting}: ${cause.message}`, { cause })
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'this user may not read it' : message
    throw new ConfigurationError(`${setting}: cannot read "${file}": ${why}.`, { cause })
  }
}

function check<T>(setting: string, file: string, expected: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new ConfigurationError(`${setting}: expected ${expected} in "${file}": ${(cause as Error).message}.`, { cause })
  }
}

interface WatchOptions {
  readonly onChange: (pair: CertificatePair) => void
  readonly onFailure: (error: Error) => void
}

export interface CertificateWatch {
  /** Reads the files now, even if they have not changed. */
  reload(): void
  /** Checks whether the files have changed; called every few seconds. */
  look(): void
  stop(): void
}

const lookIntervalMs = 2000

/** Polls the files, which works for replaced files, symbolic links and network file systems. */
export function watchCertificate(files: CertificateFiles, { onChange, onFailure }: WatchOptions): CertificateWatch {
  let inUse = stampOf(files)
  let lastSeen = inUse

  const reload = () => {
    inUse = stampOf(files)
    try {
      onChange(readCertificate(files))
    } catch (error) {
      onFailure(error as Error)
    }
  }
  const look = () => {
    const stamp = stampOf(files)
    // Reload only when two checks in a row find the same files: between them, one file may be new and the other still old.
    const isSettled = stamp === lastSeen
    lastSeen = stamp
    if (isSettled && stamp !== inUse) reload()
  }
  const timer = setInterval(look, lookIntervalMs).unref()
  return { reload, look, stop: () => clearInterval(timer) }
}

/** Changes whenever one of the files was written or replaced. */
function stampOf({ certificate, key }: CertificateFiles): string {
  return [certificate, key]
    .map((file) => {
      try {
        const { ino, size, mtimeMs } = statSync(file)
        return `${ino}:${size}:${mtimeMs}`
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code)
      }
    })
    .join(' ')
}
