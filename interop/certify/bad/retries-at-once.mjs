// Repeats a call at once after 503.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  async send(value) {
    for (let attempt = 0; ; attempt++) {
      const response = await super.send(value)
      if (response.status !== 503 || attempt === 10) return response
    }
  }
}

serve(new Bad())
