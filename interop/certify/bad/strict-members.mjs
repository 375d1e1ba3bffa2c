// Refuses a token response with members that it does not know.
import { Backend, serve } from './backend.mjs'

const known = new Set(['access_token', 'token_type', 'expires_in', 'scope'])

class Bad extends Backend {
  readTokenResponse(text) {
    const unknown = Object.keys(JSON.parse(text)).find((name) => !known.has(name))
    if (unknown) throw new Error(`Unknown member ${unknown}`)
    return super.readTokenResponse(text)
  }
}

serve(new Bad())
