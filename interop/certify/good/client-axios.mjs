// @countersign/client with axios.
import { readFileSync } from 'node:fs'
import { create } from 'axios'
import { createTokenProvider } from '@countersign/client'
import { attachBearer } from '@countersign/client/axios'
import { serve } from './serve.mjs'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET_FILE } = process.env
const tokens = createTokenProvider({
  tokenUrl: TOKEN_URL,
  clientId: CLIENT_ID,
  clientSecret: () => readFileSync(CLIENT_SECRET_FILE, 'utf8').trim(),
})
const api = create({ baseURL: API_URL })
attachBearer(api, tokens, { origins: [new URL(API_URL).origin] })

serve(async () => (await api.get('/v1/orders')).status)
