// HTTPS of a sandbox: certificates that a backend has to accept and such that it has to refuse, and how programs are told to trust the
// authority of the run.
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { createAuthority, type Certificate } from './certificates.ts'
import { javaTrustStore } from './java-trust-store.ts'

export type CertificateKind = 'right' | 'unknown' | 'other-host' | 'expired'

export interface SandboxTls {
  readonly certificates: Readonly<Record<CertificateKind, Certificate>>
  /** The certificate of the authority, in PEM. */
  readonly caFile: string
  /** What runtimes and libraries read by themselves. */
  readonly variables: NodeJS.ProcessEnv
}

/** @param folder for the files, which only this user may read */
export function createSandboxTls(folder: string, inherited: NodeJS.ProcessEnv = process.env): SandboxTls {
  const authority = createAuthority('Countersign sandbox')
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  // Most variables replace what a program trusts, and a backend may call other services, too.
  const trusted = [...new Set([authority.cert, ...usualAuthorities()])]
  const caFile = write('ca.pem', authority.cert)
  const bundle = write('ca-bundle.pem', trusted.map((pem) => `${pem.trim()}\n`).join(''))
  const java = write('ca.jks', javaTrustStore(trusted.map((pem) => new X509Certificate(pem).raw)))
  return {
    certificates: {
      right: authority.issue('localhost', '127.0.0.1'),
      unknown: createAuthority('Countersign sandbox').issue('localhost', '127.0.0.1'),
      'other-host': authority.issue('other.example', '192.0.2.1'),
      expired: authority.issue('localhost', '127.0.0.1', Date.now() - 60_000),
    },
    caFile,
    variables: {
      NODE_EXTRA_CA_CERTS: caFile,
      DENO_CERT: caFile,
      SSL_CERT_FILE: bundle,
      REQUESTS_CA_BUNDLE: bundle,
      CURL_CA_BUNDLE: bundle,
      JAVA_TOOL_OPTIONS: [inherited['JAVA_TOOL_OPTIONS'], `-Djavax.net.ssl.trustStore=${java}`, '-Djavax.net.ssl.trustStoreType=JKS']
        .filter((option) => option !== undefined)
        .join(' '),
    },
  }
}

function usualAuthorities(): readonly string[] {
  const system = getCACertificates('system')
  return system.length > 0 ? system : getCACertificates('bundled')
}
