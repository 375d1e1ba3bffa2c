// A renewal that fails makes the call fail, although the token is valid.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async getToken() {
    if (!this.token || this.now() >= this.token.renewAt) await this.renew()
    return this.token.value
  }
}

serve(new Bad())
