// One set of headers for the token endpoint and the API.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  send(value) {
    return fetch(`${process.env.API_URL}/v1/orders`, {
      headers: { 'x-client-secret': this.readSecret(), authorization: `Bearer ${value}` },
    })
  }
}

serve(new Bad())
