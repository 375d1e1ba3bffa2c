// The token in the URL as well.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  send(value) {
    return fetch(`${process.env.API_URL}/v1/orders?token=${value}`, { headers: { authorization: `Bearer ${value}` } })
  }
}

serve(new Bad())
