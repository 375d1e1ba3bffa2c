// The headers of a call in the log.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  send(value) {
    console.log('GET /v1/orders', { authorization: `Bearer ${value}` })
    return super.send(value)
  }
}

serve(new Bad())
