// @countersign/client with fetch.
import { readFileSync } from 'node:fs'
import { createTokenProvider, withBearer } from '@countersign/client'
import { serve } from './serve.mjs'

const { ISSUER, API_URL, CLIENT_ID, CLIENT_SECRET_FILE } = process.env
const tokens = createTokenProvider({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: () => readFileSync(CLIENT_SECRET_FILE, 'utf8').trim(),
})
const callApi = withBearer(fetch, tokens, { origins: [new URL(API_URL).origin] })

serve(async () => {
  const response = await callApi(`${API_URL}/v1/orders`)
  await response.body?.cancel()
  return response.status
})
