// axios by hand: one instance for the token endpoint, one for the API, interceptors between them.
import { readFileSync } from 'node:fs'
import { create } from 'axios'
import { serve } from './serve.mjs'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET_FILE } = process.env
const issuer = create({ timeout: 10_000, maxRedirects: 0 })
const api = create({ baseURL: API_URL, timeout: 10_000 })

let token
let pending
let retryAt = 0

async function requestToken() {
  const password = readFileSync(CLIENT_SECRET_FILE, 'utf8').trim()
  const sentAt = performance.now()
  const { data } = await issuer.post(TOKEN_URL, new URLSearchParams({ grant_type: 'client_credentials' }), {
    auth: { username: CLIENT_ID, password },
  })
  if (typeof data?.access_token !== 'string') throw new Error('The token endpoint returned no token')
  const lifetime = 1000 * (Number(data.expires_in) || 60)
  token = { value: data.access_token, renewAt: sentAt + 0.75 * lifetime, expiresAt: sentAt + lifetime }
}

function renew() {
  if (performance.now() < retryAt) return Promise.reject(new Error('Too early for a token request'))
  pending ??= requestToken()
    .catch((error) => {
      const seconds = Math.max(1, Number(error.response?.headers['retry-after']) || 0)
      retryAt = performance.now() + 1000 * seconds
      throw new Error(`No token: ${error.message}`)
    })
    .finally(() => (pending = undefined))
  return pending
}

api.interceptors.request.use(async (config) => {
  if (!token || performance.now() >= token.expiresAt) await renew()
  else if (performance.now() >= token.renewAt) await renew().catch(() => {})
  config.headers.authorization = `Bearer ${token.value}`
  return config
})

api.interceptors.response.use(undefined, async (error) => {
  const { config, response } = error
  const isRefused = response?.status === 401 && response.headers['www-authenticate']?.includes('error="invalid_token"')
  if (!isRefused || config.isRepeated) throw error
  if (config.headers.authorization === `Bearer ${token?.value}`) token = undefined
  return api.request({ ...config, isRepeated: true })
})

serve(async () => (await api.get('/v1/orders')).status)
