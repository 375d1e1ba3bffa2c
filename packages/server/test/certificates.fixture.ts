// Certificates for tests, made by openssl: of a key, and a chain of a root, a certificate authority below it and a key.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'

interface Authority {
  readonly pem: string
  readonly key: KeyObject
}

/** A certificate of the key for two days. @param issuer undefined: signed by the key itself */
export function makeCertificate(key: KeyObject, name: string, issuer?: Authority, extensions: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-certificate-'))
  const write = (file: string, text: string) => {
    writeFileSync(join(folder, file), text)
    return join(folder, file)
  }
  const pem = (one: KeyObject) => one.export({ format: 'pem', type: 'pkcs8' }).toString()
  const signer = issuer ? ['-CA', write('ca.pem', issuer.pem), '-CAkey', write('ca.key', pem(issuer.key))] : []
  const subject = ['-subj', `/CN=${name}`, '-days', '2', ...extensions.flatMap((line) => ['-addext', line])]
  try {
    return execFileSync('openssl', ['req', '-x509', '-key', write('key', pem(key)), ...signer, ...subject], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The certificate of the key first, the root last. */
export function makeChain(key: KeyObject): readonly [leaf: string, intermediate: string, root: string] {
  const [rootKey, intermediateKey] = [newKey(), newKey()]
  const root = { pem: makeCertificate(rootKey, 'Root'), key: rootKey }
  const intermediate = { pem: makeCertificate(intermediateKey, 'Intermediate', root), key: intermediateKey }
  return [makeCertificate(key, 'Signing', intermediate), intermediate.pem, root.pem]
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}
