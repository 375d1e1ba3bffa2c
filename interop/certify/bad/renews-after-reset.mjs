// Takes a lost connection for a matter of the token.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async send(value) {
    try {
      return await super.send(value)
    } catch (error) {
      this.token = undefined
      throw error
    }
  }
}

serve(new Bad())
