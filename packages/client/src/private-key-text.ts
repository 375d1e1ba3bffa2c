// A private key as text: PEM (RFC 7468 §10, PKCS #8) or a JWK. Error messages say what the text is, and never repeat any of it.

/** Completes a sentence about the key. */
export class PrivateKeySyntaxError extends TypeError {
  override name = 'PrivateKeySyntaxError'
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g

/** What can be done with the forms that Web Crypto does not read. */
const otherLabels: Record<string, string> = {
  'RSA PRIVATE KEY': 'is in the older form of PKCS #1; convert it by "openssl pkcs8 -topk8 -nocrypt -in old.pem -out new.pem"',
  'EC PRIVATE KEY': 'is in the older form of SEC 1; convert it by "openssl pkcs8 -topk8 -nocrypt -in old.pem -out new.pem"',
  'ENCRYPTED PRIVATE KEY': 'is encrypted; on Node pass createPrivateKey({ key, passphrase }) of node:crypto instead',
  'PUBLIC KEY': 'is a public key',
  'RSA PUBLIC KEY': 'is a public key',
  CERTIFICATE: 'is a certificate, which has the public key only',
}

/** The PKCS #8 structure in a PEM text; a certificate beside the key is skipped. @throws PrivateKeySyntaxError */
export function parsePem(text: string): Uint8Array<ArrayBuffer> {
  const blocks = [...text.matchAll(block)]
  const privateKeys = blocks.filter(([, label = '']) => label.endsWith('PRIVATE KEY'))
  if (privateKeys.length > 1) throw new PrivateKeySyntaxError('has several private keys in one text')
  const [, label, base64 = ''] = privateKeys[0] ?? blocks[0] ?? []
  if (label === undefined)
    throw new PrivateKeySyntaxError('is neither a PEM text with "-----BEGIN PRIVATE KEY-----" nor the JSON of a JWK; a line may be missing')
  if (label !== 'PRIVATE KEY') throw new PrivateKeySyntaxError(otherLabels[label] ?? `is a PEM text of another kind ("${label}")`)
  try {
    return Uint8Array.from(atob(base64.replace(/\s/g, '')), (character) => character.charCodeAt(0))
  } catch {
    throw new PrivateKeySyntaxError('is a PEM text whose base64 is damaged')
  }
}

/** The object in a JSON text, which is checked elsewhere. @throws PrivateKeySyntaxError */
export function parseJwkText(text: string): object {
  try {
    const jwk: unknown = JSON.parse(text)
    if (typeof jwk === 'object' && jwk !== null) return jwk
  } catch {
    // The message of JSON.parse quotes the text.
  }
  throw new PrivateKeySyntaxError('is a text that begins like a JWK, but is not JSON')
}
