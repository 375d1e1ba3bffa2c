import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { answerLines } from './answer_lines.mjs'

// As it comes, it reads keys by https only. A server without TLS on this machine needs a fetcher of its own.
const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() }
const jwksCache = new SimpleJwksCache({ fetcher })
const verifiers = new Map()

// region docs
async function verify(token, { issuer, audience, jwksUri, typ, algorithm }) {
  const customJwtCheck = ({ header }) => {
    // aws-jwt-verify looks at neither: it takes the algorithm of the key.
    if (header.typ !== typ || header.alg !== algorithm) throw new Error('not an access token of this realm')
  }
  // One for each realm: it caches the keys.
  const options = { issuer, audience: audience ?? null, jwksUri, customJwtCheck, graceSeconds: 2 }
  const key = JSON.stringify([options, typ, algorithm])
  if (!verifiers.has(key)) verifiers.set(key, JwtVerifier.create(options, { jwksCache }))
  return verifiers.get(key).verify(token)
}
// endregion

await answerLines(async (token, realm) => (await verify(token, realm)).client_id)
