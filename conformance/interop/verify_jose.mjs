import { createInterface } from 'node:readline'
// region docs
import { createRemoteJWKSet, jwtVerify } from 'jose'

const keysOf = new Map()

export async function verify(token, { issuer, audience, jwksUri, typ, algorithm }) {
  // One for each realm: it caches the keys.
  if (!keysOf.has(jwksUri)) keysOf.set(jwksUri, createRemoteJWKSet(new URL(jwksUri)))
  const requiredClaims = ['iss', 'sub', 'exp', 'client_id', ...(audience ? ['aud'] : [])]
  const options = { issuer, audience, typ, algorithms: [algorithm], requiredClaims, clockTolerance: 2 }
  const { payload, protectedHeader } = await jwtVerify(token, keysOf.get(jwksUri), options)
  if (protectedHeader.typ !== typ) throw new Error('not an access token of this realm') // also where a realm has none
  return payload
}
// endregion

for await (const line of createInterface({ input: process.stdin })) {
  const [issuer, audience, jwksUri, typ, algorithm, token] = line.split('\t')
  try {
    const { client_id: clientId } = await verify(token, {
      issuer,
      audience: audience || undefined,
      jwksUri,
      typ: typ || undefined,
      algorithm,
    })
    console.log('ok', clientId)
  } catch (error) {
    console.log('refused', error.message)
  }
}
