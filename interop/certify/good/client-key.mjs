// @countersign/client with fetch, and a private key in place of a secret.
import { createTokenProvider, privateKeyJwt, withBearer } from '@countersign/client'
import { fileKey } from '@countersign/client/node'
import { serve } from './serve.mjs'

const { ISSUER, API_URL, CLIENT_ID, CLIENT_JWK_FILE } = process.env
const tokens = createTokenProvider({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientAuth: privateKeyJwt({ privateKey: fileKey(CLIENT_JWK_FILE) }),
})
const callApi = withBearer(fetch, tokens, { origins: [API_URL] })

serve(async () => {
  const response = await callApi(`${API_URL}/v1/orders`)
  await response.body?.cancel()
  return response.status
})
