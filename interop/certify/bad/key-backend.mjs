// As backend.mjs, with a private key in place of the secret: each token request has an assertion of its own (RFC 7523).
import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Backend } from './backend.mjs'

const { TOKEN_URL, ISSUER, CLIENT_ID, CLIENT_JWK_FILE } = process.env
const encode = (members) => Buffer.from(JSON.stringify(members)).toString('base64url')

export class KeyBackend extends Backend {
  readKey() {
    return JSON.parse(readFileSync(CLIENT_JWK_FILE, 'utf8'))
  }

  claims() {
    const now = Math.floor(Date.now() / 1000)
    return { iss: CLIENT_ID, sub: CLIENT_ID, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60 }
  }

  signAssertion() {
    const jwk = this.readKey()
    const input = `${encode({ alg: 'ES256', kid: jwk.kid })}.${encode(this.claims())}`
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }

  postToken() {
    return fetch(TOKEN_URL, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: this.signAssertion(),
      }),
    })
  }
}
