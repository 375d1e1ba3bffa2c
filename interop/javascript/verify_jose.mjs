import { answerLines } from './answer_lines.mjs'
// region docs
import { createRemoteJWKSet, jwtVerify } from 'jose'

const keysOf = new Map()

async function verify(token, { issuer, audience, jwksUri, typ, algorithm }) {
  // One for each realm: it caches the keys.
  if (!keysOf.has(jwksUri)) keysOf.set(jwksUri, createRemoteJWKSet(new URL(jwksUri), { cacheMaxAge: 300_000 }))
  const requiredClaims = ['iss', 'sub', 'exp', 'client_id', ...(audience ? ['aud'] : [])]
  const options = { issuer, audience, typ, algorithms: [algorithm], requiredClaims, clockTolerance: 2 }
  const { payload, protectedHeader } = await jwtVerify(token, keysOf.get(jwksUri), options)
  if (protectedHeader.typ !== typ) throw new Error('not an access token of this realm') // also where a realm has none
  return payload
}
// endregion

await answerLines(async (token, realm) => (await verify(token, realm)).client_id)
