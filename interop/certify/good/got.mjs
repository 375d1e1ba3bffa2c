// got by hand: hooks for the token, and got's own retries for 429 and 503.
import { readFileSync } from 'node:fs'
import { got } from 'got'
import { serve } from './serve.mjs'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET_FILE } = process.env

let token
let pending
let retryAt = 0

async function requestToken() {
  const sentAt = performance.now()
  const response = await got.post(TOKEN_URL, {
    form: { grant_type: 'client_credentials' },
    username: CLIENT_ID,
    password: readFileSync(CLIENT_SECRET_FILE, 'utf8').trim(),
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    timeout: { request: 10_000 },
  })
  if (response.statusCode !== 200) {
    retryAt = performance.now() + 1000 * Math.max(1, Number(response.headers['retry-after']) || 0)
    throw new Error(`The token endpoint answered ${response.statusCode}`)
  }
  const { access_token: value, expires_in: seconds } = JSON.parse(response.body)
  const lifetime = 1000 * (seconds ?? 60)
  token = { value, renewAt: sentAt + 0.8 * lifetime, expiresAt: sentAt + lifetime }
}

function renew() {
  if (performance.now() < retryAt) return Promise.reject(new Error('Too early for a token request'))
  pending ??= requestToken().finally(() => (pending = undefined))
  return pending
}

async function getToken() {
  if (!token || performance.now() >= token.expiresAt) await renew()
  else if (performance.now() >= token.renewAt) await renew().catch(() => {})
  return token.value
}

const api = got.extend({
  prefixUrl: API_URL,
  retry: { limit: 2, statusCodes: [429, 503], errorCodes: ['ECONNRESET'] },
  timeout: { request: 10_000 },
  hooks: {
    beforeRequest: [
      async (options) => {
        options.headers.authorization = `Bearer ${await getToken()}`
      },
    ],
    afterResponse: [
      (response, retryWithMergedOptions) => {
        const isRefused = response.statusCode === 401 && response.headers['www-authenticate']?.includes('error="invalid_token"')
        if (!isRefused || response.request.options.context.isRepeated) return response
        if (response.request.options.headers.authorization === `Bearer ${token?.value}`) token = undefined
        return retryWithMergedOptions({ context: { isRepeated: true } })
      },
    ],
  },
})

serve(async () => (await api.get('v1/orders')).statusCode)
