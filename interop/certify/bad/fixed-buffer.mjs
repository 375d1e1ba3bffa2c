// Renews 300 s ahead, and the tokens live 300 s.
import { Backend, serve } from './backend.mjs'

class Bad extends Backend {
  schedule({ expires_in: seconds = 60 }) {
    return { renewAt: this.now() + 1000 * (seconds - 300), expiresAt: this.now() + 1000 * seconds }
  }
}

serve(new Bad())
