// The whole request in the log, but only when the token endpoint fails.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async requestToken() {
    try {
      return await super.requestToken()
    } catch (error) {
      console.error('token request failed', { clientId: this.clientId, clientSecret: this.readSecret() })
      throw error
    }
  }
}

serve(new Bad())
