// A backend by hand: fetch and nothing else. GET /call makes it call the API.
import { readFileSync } from 'node:fs'
import { serve } from './serve.mjs'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE } = process.env
const readSecret = () => (CLIENT_SECRET_FILE ? readFileSync(CLIENT_SECRET_FILE, 'utf8').trim() : CLIENT_SECRET)

let token
let pending
let pausedUntil = 0
let failures = 0
const now = () => performance.now()

async function requestToken() {
  const response = await fetch(TOKEN_URL, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
    headers: { authorization: `Basic ${btoa(`${CLIENT_ID}:${readSecret()}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (response.status !== 200) {
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    throw Object.assign(new Error(`The token endpoint answered ${response.status}`), { seconds })
  }
  const { access_token: value, token_type: type, expires_in: lifetime } = await response.json()
  if (typeof value !== 'string' || String(type).toLowerCase() !== 'bearer') throw new Error('The token endpoint returned no token')
  const lifetimeMs = 1000 * (lifetime > 0 ? lifetime : 60)
  return { value, renewAt: now() + 0.8 * lifetimeMs, expiresAt: now() + lifetimeMs }
}

function renew() {
  if (now() < pausedUntil) return Promise.reject(new Error('The token endpoint is given a pause'))
  pending ??= requestToken()
    .then(
      (issued) => {
        failures = 0
        token = issued
      },
      (error) => {
        pausedUntil = now() + Math.max(1000 * (error.seconds ?? 0), 1000 * 2 ** Math.min(failures++, 5))
        throw error
      },
    )
    .finally(() => (pending = undefined))
  return pending
}

async function getToken() {
  if (token && now() < token.renewAt) return token.value
  if (token && now() < token.expiresAt) await renew().catch(() => {})
  else await renew()
  return token.value
}

async function callApi(path, isRepeated = false) {
  const value = await getToken()
  const response = await fetch(API_URL + path, { headers: { authorization: `Bearer ${value}` }, signal: AbortSignal.timeout(10_000) })
  const isRefused = response.status === 401 && /error="invalid_token"/.test(response.headers.get('www-authenticate') ?? '')
  if (!isRefused || isRepeated) return response
  await response.body?.cancel()
  if (token?.value === value) token = undefined
  return callApi(path, true)
}

serve(async () => (await callApi('/v1/orders')).status)
