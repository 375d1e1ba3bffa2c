// A new token for every call.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async getToken() {
    await this.renew()
    return this.token.value
  }
}

serve(new Bad())
