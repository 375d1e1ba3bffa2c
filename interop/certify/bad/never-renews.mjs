// One token for ever; a refused call is an error.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async getToken() {
    if (!this.token) await this.renew()
    return this.token.value
  }

  isAboutToken() {
    return false
  }
}

serve(new Bad())
