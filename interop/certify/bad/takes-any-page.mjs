// Takes whatever the token endpoint returns.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  readTokenResponse(text) {
    const value = /"access_token" *: *"([^"]*)"/.exec(text)?.[1]
    return { value, ...this.schedule({ expires_in: 300 }) }
  }
}

serve(new Bad())
