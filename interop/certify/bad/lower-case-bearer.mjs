// Writes the scheme as the token response names it, in lower case.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  send(value) {
    return fetch(`${process.env.API_URL}/v1/orders`, { headers: { authorization: `bearer ${value}` } })
  }
}

serve(new Bad())
