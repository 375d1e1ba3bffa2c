// Repeats a call at once after 429.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async send(value) {
    for (let attempt = 0; ; attempt++) {
      const response = await super.send(value)
      if (response.status !== 429 || attempt === 3) return response
    }
  }
}

serve(new Bad())
