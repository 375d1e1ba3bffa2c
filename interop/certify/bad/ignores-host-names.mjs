// A certificate of a known authority will do, whatever the name in it.
import https from 'node:https'
import { Backend, serve } from './backend.mjs'

const send = (url, options, body) =>
  new Promise((resolve, reject) => {
    const request = https.request(url, { ...options, checkServerIdentity: () => undefined }, async (response) => {
      const text = (await response.toArray()).join('')
      const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
      resolve({ status: response.statusCode, headers, text: async () => text })
    })
    request.on('error', reject).end(body)
  })

class Bad extends Backend {
  postToken() {
    const { TOKEN_URL, CLIENT_ID } = process.env
    const headers = {
      authorization: `Basic ${btoa(`${CLIENT_ID}:${this.readSecret()}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    }
    return send(TOKEN_URL, { method: 'POST', headers }, 'grant_type=client_credentials')
  }

  send(value) {
    return send(`${process.env.API_URL}/v1/orders`, { headers: { authorization: `Bearer ${value}` } })
  }
}

serve(new Bad())
