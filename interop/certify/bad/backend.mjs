// A backend that does everything right, in methods that each bad backend beside this file replaces one of. GET /call makes it call the API.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE, PORT } = process.env

export class Backend {
  token
  pending
  pausedUntil = 0
  failures = 0

  get clientId() {
    return CLIENT_ID
  }

  now() {
    return performance.now()
  }

  readSecret() {
    return CLIENT_SECRET_FILE ? readFileSync(CLIENT_SECRET_FILE, 'utf8').trim() : CLIENT_SECRET
  }

  postToken() {
    return fetch(TOKEN_URL, {
      method: 'POST',
      redirect: 'manual',
      headers: { authorization: `Basic ${btoa(`${CLIENT_ID}:${this.readSecret()}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
  }

  async requestToken() {
    const response = await this.postToken()
    if (response.status !== 200)
      throw Object.assign(new Error(`The token endpoint answered ${response.status}`), {
        seconds: Number(response.headers.get('retry-after') ?? 0),
      })
    return this.readTokenResponse(await response.text())
  }

  readTokenResponse(text) {
    const members = JSON.parse(text)
    if (typeof members.access_token !== 'string') throw new Error('The token endpoint returned no token')
    return { value: members.access_token, ...this.schedule(members) }
  }

  schedule({ expires_in: seconds }) {
    const lifetime = 1000 * (seconds > 0 ? seconds : 60)
    return { renewAt: this.now() + 0.8 * lifetime, expiresAt: this.now() + lifetime }
  }

  /** One token request for all that wait. */
  renew() {
    if (this.now() < this.pausedUntil) return Promise.reject(new Error('The token endpoint is given a pause'))
    this.pending ??= this.renewNow().finally(() => (this.pending = undefined))
    return this.pending
  }

  async renewNow() {
    try {
      this.token = await this.requestToken()
      this.failures = 0
    } catch (error) {
      this.pausedUntil = this.now() + this.pauseAfter(error)
      throw error
    }
  }

  pauseAfter({ seconds = 0 }) {
    return 1000 * Math.max(seconds, 2 ** Math.min(this.failures++, 5))
  }

  async getToken() {
    if (this.token && this.now() < this.token.renewAt) return this.token.value
    if (this.token && this.now() < this.token.expiresAt) await this.renew().catch(() => {})
    else await this.renew()
    return this.token.value
  }

  send(value) {
    return fetch(`${API_URL}/v1/orders`, { headers: { authorization: `Bearer ${value}` } })
  }

  /** Whether a new token may mend it. */
  isAboutToken(response) {
    return response.status === 401 && /error="invalid_token"/.test(response.headers.get('www-authenticate') ?? '')
  }

  async callApi(isRepeated = false) {
    const value = await this.getToken()
    const response = await this.send(value)
    if (!this.isAboutToken(response) || isRepeated) return response
    if (this.token?.value === value) this.token = undefined
    return this.callApi(true)
  }
}

export function serve(backend) {
  createServer(async (request, response) => {
    try {
      const { status } = await backend.callApi()
      response.writeHead(status === 200 ? 200 : 502).end()
    } catch (error) {
      console.error(error.message)
      response.writeHead(502).end()
    }
  }).listen(PORT, '127.0.0.1')
}
