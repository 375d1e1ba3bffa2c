// A certificate authority for one run, and the certificates that it signs (RFC 5280). Keys are in memory only.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { bits, integer, isTrue, objectId, octets, sequence, set, tagged, text, time, type Der } from './der.ts'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

export interface Authority {
  /** PEM. */
  readonly cert: string
  /** @param name of a host on this machine, or of another @param address IPv4 @param expiresAt milliseconds since the epoch */
  issue(name: string, address: string, expiresAt?: number): Certificate
}

const hour = 3_600_000
const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))

export function createAuthority(name: string): Authority {
  const pair = createPair()
  const authority = { name, key: pair.privateKey, keyId: keyIdOf(pair.publicKey) }
  const canSign = [extension('2.5.29.19', sequence(isTrue()), true), extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true)]
  return {
    cert: certify(pair.publicKey, authority, { subject: name, expiresAt: Date.now() + 24 * hour, extensions: canSign }),
    issue(subject, address, expiresAt = Date.now() + 24 * hour) {
      const { publicKey, privateKey } = createPair()
      const names = sequence(tagged(0x82, Buffer.from(subject)), tagged(0x87, Buffer.from(address.split('.').map(Number))))
      const extensions = [
        extension('2.5.29.19', sequence(), true),
        extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
        extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))), // TLS servers
        extension('2.5.29.17', names),
        extension('2.5.29.35', sequence(tagged(0x80, authority.keyId))),
      ]
      const cert = certify(publicKey, authority, { subject, expiresAt, extensions })
      return { cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
    },
  }
}

interface Subject {
  readonly subject: string
  readonly expiresAt: number
  readonly extensions: readonly Der[]
}

function certify(
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  { subject, expiresAt, extensions }: Subject,
): string {
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))), // Version 3
    integer(randomBytes(16)),
    ecdsaWithSha256,
    nameOf(issuer.name),
    sequence(time(expiresAt - 48 * hour), time(expiresAt)),
    nameOf(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(...extensions, extension('2.5.29.14', octets(keyIdOf(publicKey))))),
  )
  const der = sequence(content, ecdsaWithSha256, bits(sign('sha256', content, issuer.key)))
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}

function createPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 20)
}

function nameOf(commonName: string): Der {
  return sequence(set(sequence(objectId('2.5.4.3'), text(commonName))))
}

function extension(id: string, value: Der, isCritical = false): Der {
  return sequence(objectId(id), ...(isCritical ? [isTrue()] : []), octets(value))
}
