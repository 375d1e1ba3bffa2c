import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, importX509 } from 'jose'
import { makeCertificate, makeChain } from '../../test/certificates.fixture.ts'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { CertificateChainError, certificateMembers, endOfCertificates, readCertificateChain } from './certificate-chain.ts'

const { privateKey } = createClientKey()
const publicKey = createPublicKey(privateKey)
const [leaf, intermediate, root] = makeChain(privateKey)
const now = Date.now() + 1000
const read = (text: string, at = now) => readCertificateChain(text, publicKey, at)

for (const [what, text, count] of [
  ['a certificate alone', leaf, 1],
  ['a chain without its root', leaf + intermediate, 2],
  ['a chain', leaf + intermediate + root, 3],
  ['a certificate that the key signed itself', makeCertificate(privateKey, 'Own'), 1],
] as const) {
  test(`RFC 7517 §4.7: ${what} is read as base64 of its DER`, () => {
    const chain = read(text)
    assert.equal(chain.length, count)
    assert.ok(new X509Certificate(Buffer.from(chain[0]!, 'base64')).publicKey.equals(publicKey))
  })
}

test('RFC 7517 §4.8, §4.9: the thumbprints are those of the first certificate, and jose reads the same key from x5c', async () => {
  const chain = read(leaf + intermediate) as [string, string]
  const members = certificateMembers(chain)
  const certificate = new X509Certificate(leaf)
  const inBase64url = (fingerprint: string) => Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')
  assert.deepEqual(members, {
    x5c: chain,
    x5t: inBase64url(certificate.fingerprint),
    'x5t#S256': inBase64url(certificate.fingerprint256),
  })
  const imported = await importX509(`-----BEGIN CERTIFICATE-----\n${members.x5c[0]}\n-----END CERTIFICATE-----`, 'ES256', {
    extractable: true,
  })
  assert.equal((await exportJWK(imported)).x, publicKey.export({ format: 'jwk' }).x)
})

test('a chain ends with the first of its certificates that does', () => {
  const ends = [leaf, intermediate].map((pem) => new X509Certificate(pem).validToDate.getTime())
  assert.equal(endOfCertificates(read(leaf + intermediate)), Math.min(...ends))
})

const day = 86_400_000
const stranger = makeCertificate(createClientKey().privateKey, 'Root')
const long = makeCertificate(privateKey, 'Own', undefined, [`nsComment=${'x'.repeat(9000)}`])
const refused: Readonly<Record<string, readonly [text: string, message: RegExp, at?: number]>> = {
  nothing: ['', /certificates in PEM/],
  'another text': ['hunter2', /certificates in PEM/],
  'a public key beside it': [`${leaf}-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----`, /nothing else/],
  'a private key beside it': [leaf + String(privateKey.export({ format: 'pem', type: 'pkcs8' })), /has a private key/],
  'a damaged certificate': [leaf.replace('MII', 'AAA'), /number 1 is damaged/],
  'eleven certificates': [leaf.repeat(11), /at most 10/],
  'a certificate of another key': [root, /first one is of another key/],
  'a chain in the wrong order': [intermediate + leaf, /first one is of another key/],
  'a chain with a gap': [leaf + root, /signed by the next; number 1 is not/],
  'an issuer of the same name, with another key': [leaf + intermediate + stranger, /signed by the next; number 2 is not/],
  'a certificate that has ended': [leaf, /ended .*Import the key without certificates/, now + 3 * day],
  'a certificate that is not valid yet': [leaf, /valid already/, now - day],
  'a certificate of more than 8 kB': [long, /at most 8192 bytes/],
}
for (const [what, [text, message, at]] of Object.entries(refused)) {
  test(`${what} is refused as a certificate chain`, () => {
    assert.throws(
      () => read(text, at),
      (error: Error) => error instanceof CertificateChainError && message.test(error.message),
    )
  })
}
