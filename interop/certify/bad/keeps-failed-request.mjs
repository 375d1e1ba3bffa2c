// A token request that failed stays the pending one.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  renew() {
    this.pending ??= this.requestToken().then((token) => {
      this.token = token
      this.pending = undefined
    })
    return this.pending
  }
}

serve(new Bad())
