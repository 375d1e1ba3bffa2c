// The secret in the form, and redirects are followed with it.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  postToken() {
    const form = { grant_type: 'client_credentials', client_id: this.clientId, client_secret: this.readSecret() }
    return fetch(process.env.TOKEN_URL, { method: 'POST', body: new URLSearchParams(form) })
  }
}

serve(new Bad())
